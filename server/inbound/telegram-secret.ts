import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** What Telegram has to say with every update. All instances of a server come to the same one, and nobody gets from it to the token. */
export function deriveSecret(botToken: string): string {
	return createHmac("sha256", botToken).update("claude-notify: secret_token of the webhook").digest("base64url");
}

/** Hashed first: neither content nor length shows in the time that it takes. */
export function isSecret(expected: string, given: string | undefined): boolean {
	const hash = (value: string) => createHash("sha256").update(value).digest();
	return given !== undefined && timingSafeEqual(hash(expected), hash(given));
}
