import { createHash, randomBytes } from "node:crypto";
import { tokens } from "../../src/contract/auth.ts";
import type { TwilioEmulator } from "./twilio-emulator.ts";

export const secret = (bytes = 32) => randomBytes(bytes).toString("base64url");
export const fingerprintOf = (machine: string) => createHash("sha256").update(machine).digest("hex");
export const challengeOf = (verifier: string) => createHash("sha256").update(verifier).digest("base64url");

let numbers = 0;
/** A number that exists in no other test of the file: the limits are per number. */
export function freshNumber(): string {
	numbers += 1;
	return `+1202555${String(1000 + numbers).slice(-4)}`;
}

export interface Answer {
	status: number;
	headers: Headers;
	body: Record<string, unknown>;
}

export async function post(
	url: URL,
	path: string,
	body: unknown,
	headers: Record<string, string> = {},
): Promise<Answer> {
	const answer = await fetch(new URL(path, url), {
		method: "POST",
		headers: { "content-type": "application/json", ...headers },
		body: JSON.stringify(body),
	});
	return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
}

/** A pairing that was begun at the door for machines without a browser. */
export interface Begun {
	tempToken: string;
	verifier: string;
	number: string;
	code: string;
}

export interface Server {
	url: URL;
}

/** POST /login, and the code read from the SMS that came of it. */
export async function begin(server: Server, twilio: TwilioEmulator, number = freshNumber()): Promise<Begun> {
	const verifier = secret();
	const before = twilio.sent.length;
	const answer = await post(server.url, "/login", loginBody(number, verifier));
	if (answer.status !== 200) throw new Error(`POST /login answered ${answer.status} ${JSON.stringify(answer.body)}`);
	const sms = twilio.sent.slice(before).find(({ to }) => to === number);
	return { tempToken: String(answer.body["temp_token"]), verifier, number, code: codeIn(sms?.body ?? "") };
}

export function loginBody(number: string, verifier = secret()) {
	return {
		mode: "remote",
		channel: "sms",
		address: number,
		state: secret(24),
		code_challenge: challengeOf(verifier),
	};
}

export function codeIn(text: string): string {
	const code = /\d{6}/.exec(text)?.[0];
	if (code === undefined) throw new Error(`there is no code in: ${text}`);
	return code;
}

/** A code that is certainly another one. */
export function wrongCode(code: string): string {
	return ((Number(code) + 1) % 1_000_000).toString().padStart(6, "0");
}

export function exchangeBody(begun: Begun, changes: object = {}, machine = "laptop") {
	return {
		temp_token: begun.tempToken,
		pairing_code: begun.code,
		code_verifier: begun.verifier,
		device: { name: machine, fingerprint: fingerprintOf(machine) },
		...changes,
	};
}

/** The whole pairing of a machine. */
export async function logIn(
	server: Server,
	twilio: TwilioEmulator,
	options: { number?: string; machine?: string } = {},
) {
	const { machine = "laptop" } = options;
	const begun = await begin(server, twilio, options.number);
	const answer = await post(server.url, "/auth/exchange", exchangeBody(begun, {}, machine));
	if (answer.status !== 200) throw new Error(`the exchange answered ${answer.status} ${JSON.stringify(answer.body)}`);
	const given = tokens.parse(answer.body);
	return { ...given, number: begun.number, fingerprint: fingerprintOf(machine) };
}

export function withToken(token: string, fingerprint: string): Record<string, string> {
	return { authorization: `Bearer ${token}`, "x-device-fingerprint": fingerprint };
}
