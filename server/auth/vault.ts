import {
	createCipheriv,
	createDecipheriv,
	createHmac,
	createSecretKey,
	hkdfSync,
	type KeyObject,
	randomBytes,
} from "node:crypto";
import type { Vault } from "../domain/deps.ts";

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;

/** Every use gets a key of its own from `dataKey` (HKDF-SHA-256), so that a MAC of one purpose says nothing about another. */
export function createVault(dataKey: Uint8Array): Vault {
	// As key objects: made of bytes anew for each use they cost ten times as much as the MAC itself.
	const derive = (use: string) =>
		createSecretKey(Buffer.from(hkdfSync("sha256", dataKey, "", `claude-notify/v1/${use}`, 32)));
	const sealing = derive("seal");
	const macKeys = new Map<string, KeyObject>();
	const header = Buffer.from([version]);
	return {
		seal(plain) {
			const nonce = randomBytes(nonceBytes);
			const cipher = createCipheriv("aes-256-gcm", sealing, nonce).setAAD(header);
			const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
			return Buffer.concat([header, nonce, body, cipher.getAuthTag()]).toString("base64url");
		},
		open(sealed) {
			const bytes = Buffer.from(sealed, "base64url");
			if (bytes[0] !== version || bytes.length < 1 + nonceBytes + tagBytes) {
				throw new Error("A sealed value has an unknown form.");
			}
			const decipher = createDecipheriv("aes-256-gcm", sealing, bytes.subarray(1, 1 + nonceBytes), {
				authTagLength: tagBytes,
			})
				.setAAD(header)
				.setAuthTag(bytes.subarray(-tagBytes));
			return decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes), undefined, "utf8") + decipher.final("utf8");
		},
		mac(purpose, value) {
			let key = macKeys.get(purpose);
			if (key === undefined) {
				key = derive(`mac/${purpose}`);
				macKeys.set(purpose, key);
			}
			return createHmac("sha256", key).update(value).digest("base64url");
		},
	};
}
