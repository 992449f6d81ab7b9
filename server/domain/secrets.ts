import { createHash, timingSafeEqual } from "node:crypto";
import type { Vault } from "./deps.ts";

/** Compares in a time that does not tell where two secrets differ. */
export function sameSecret(a: string, b: string): boolean {
	const left = Buffer.from(a);
	const right = Buffer.from(b);
	return left.length === right.length && timingSafeEqual(left, right);
}

/** RFC 7636, S256: what a companion must have hashed into its challenge before the code was sent. */
export function provesChallenge(verifier: string, challenge: string): boolean {
	return sameSecret(createHash("sha256").update(verifier).digest("base64url"), challenge);
}

/** The forms in which secrets are stored: whoever reads the database can use none of them. */
export function tempTokenHash({ vault }: { vault: Vault }, tempToken: string): string {
	return vault.mac("temp-token", tempToken);
}

/** Bound to its pairing (the hash of its temp_token), so that the same six digits never look the same. */
export function codeMac({ vault }: { vault: Vault }, pairingHash: string, code: string): string {
	return vault.mac("pairing-code", `${pairingHash}:${code}`);
}

/** What the link of a pairing brings back. Made of its temp_token, so that its page can show the link again. */
export function linkTokenOf({ vault }: { vault: Vault }, tempToken: string): string {
	return vault.mac("link", tempToken).slice(0, 32);
}

export function linkTokenHash({ vault }: { vault: Vault }, linkToken: string): string {
	return vault.mac("link-token", linkToken);
}

export function refreshTokenHash({ vault }: { vault: Vault }, refreshToken: string): string {
	return vault.mac("refresh-token", refreshToken);
}

export function fingerprintHash({ vault }: { vault: Vault }, fingerprint: string): string {
	return vault.mac("fingerprint", fingerprint);
}

export function sessionTokenHash({ vault }: { vault: Vault }, sessionToken: string): string {
	return vault.mac("session-token", sessionToken);
}
