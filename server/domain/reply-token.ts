import type { Vault } from "./deps.ts";

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
const length = 16;

/**
 * Names one session to one address: 80 bits that nobody else can make. Lower case and digits only, since it also stands
 * in the local part of e-mail addresses. It is good for as long as the session takes replies.
 */
export function replyToken({ vault }: { vault: Vault }, identityId: string, sessionId: string): string {
	const bytes = Buffer.from(vault.mac("reply", `${identityId}:${sessionId}`), "base64url");
	// 256 is a multiple of 32, so every character is as likely as the next.
	return Array.from({ length }, (_, at) => alphabet[(bytes[at] ?? 0) % alphabet.length]).join("");
}

/** Switches one address off without a login: what stands behind "unsubscribe". */
export function unsubscribeToken({ vault }: { vault: Vault }, identityId: string): string {
	return `${identityId}.${vault.mac("unsubscribe", identityId)}`;
}
