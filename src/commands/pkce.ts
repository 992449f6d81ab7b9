import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

export interface Pkce {
	verifier: string;
	/** S256 of the verifier (RFC 7636). */
	challenge: string;
	state: string;
}

export function createPkce(): Pkce {
	const verifier = randomBytes(32).toString("base64url");
	const challenge = createHash("sha256").update(verifier).digest("base64url");
	return { verifier, challenge, state: randomBytes(24).toString("base64url") };
}

/** Compares without telling by its time how much was right. */
export function sameText(a: string, b: string): boolean {
	const [left, right] = [a, b].map((text) => createHash("sha256").update(text).digest());
	return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
