import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import type { LogVault } from "../domain/deps.ts";

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const cipherName = "aes-256-gcm";

/**
 * Wraps the keys of users' logs (AES-256-GCM) by a key derived from the first of `masterKeys`; what any other of them has wrapped still
 * opens. Wrapped: version, nonce, encrypted key, tag.
 */
export function createLogVault(masterKeys: readonly [Uint8Array, ...Uint8Array[]]): LogVault {
	const [first, ...older] = masterKeys.map(derive);
	if (first === undefined) throw new Error("There is no master key.");
	const byId = new Map([...older, first].map((key) => [idOf(key), key]));
	return {
		current: idOf(first),
		wrap(userId, key) {
			const nonce = randomBytes(nonceBytes);
			const cipher = createCipheriv(cipherName, first, nonce).setAAD(boundTo(userId));
			const body = Buffer.concat([cipher.update(key), cipher.final()]);
			return Buffer.concat([Buffer.of(version), nonce, body, cipher.getAuthTag()]).toString("base64url");
		},
		unwrap(userId, wrapped, by) {
			const master = byId.get(by);
			if (master === undefined) return undefined;
			const bytes = Buffer.from(wrapped, "base64url");
			if (bytes[0] !== version || bytes.length < 1 + nonceBytes + tagBytes) {
				throw new Error("A wrapped log key has an unknown form.");
			}
			const decipher = createDecipheriv(cipherName, master, bytes.subarray(1, 1 + nonceBytes), {
				authTagLength: tagBytes,
			})
				.setAAD(boundTo(userId))
				.setAuthTag(bytes.subarray(-tagBytes));
			return Buffer.concat([decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes)), decipher.final()]);
		},
	};
}

/** A master key may have other uses (DATA_KEY has), and they learn nothing of each other. */
function derive(masterKey: Uint8Array): Buffer {
	return Buffer.from(hkdfSync("sha256", masterKey, "", "claude-notify/v1/log-keys", 32));
}

function idOf(key: Uint8Array): string {
	return createHash("sha256").update("claude-notify/v1/log-key-id").update(key).digest("hex").slice(0, 16);
}

function boundTo(userId: string): Buffer {
	return Buffer.from(`claude-notify/v1/log-key/${userId}`);
}
