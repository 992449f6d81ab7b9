import { z } from "zod";
import type { DeliveryResult } from "./channel.ts";
import { providerClock, retryAfterMs } from "./retry-after.ts";
import type { Attempt } from "./twilio-http.ts";

/** What the SDK throws for an answer that is not 2xx, in its old form and in its RFC 9457 form. */
const restError = z.object({ status: z.number().int(), code: z.coerce.number().int().optional().catch(undefined) });
/** What it throws when there was no answer: an error of axios's, whose config holds our credentials. */
const networkError = z.object({
	isAxiosError: z.literal(true),
	code: z
		.string()
		.regex(/^[A-Z_]+$/)
		.optional()
		.catch(undefined),
});

/** Twilio's codes in words for the user. Its own sentences are never passed on: they quote the number. */
const words: Readonly<Record<number, string>> = {
	20003: "The SMS provider does not accept this server's credentials.",
	20429: "The SMS provider takes no more messages at the moment.",
	21211: "The phone number is not valid.",
	21212: "The SMS provider does not accept this server's sender number.",
	21408: "This server may not send SMS to that country.",
	21606: "The SMS provider does not accept this server's sender number.",
	21610: "The phone has opted out with STOP. Text START to turn messages on again.",
	21611: "The SMS provider's queue for this server's number is full.",
	21612: "The phone cannot be reached by SMS.",
	21614: "The phone number is not a mobile phone's.",
	21617: "The message was too long.",
	21635: "The phone number is a landline's.",
};

/** Codes that pass by themselves although their status is 400. */
const passing: ReadonlySet<number> = new Set([20429, 21611]);
const optedOutCode = 21610;

/** What became of an attempt for which the SDK threw. An error that is neither Twilio's nor the network's is a bug and goes on, without the SDK's object. */
export function refusalOf(error: unknown, { retryAfter, date }: Attempt): DeliveryResult {
	const network = networkError.safeParse(error);
	if (network.success) {
		const code = network.data.code;
		return { ok: false, retryable: true, reason: "The SMS provider could not be reached.", ...(code ? { code } : {}) };
	}
	// The SDK parses whatever came with 2xx: what is no JSON came from something in between, and the message went nowhere.
	if (error instanceof SyntaxError) {
		return { ok: false, retryable: true, reason: "The SMS provider's answer could not be read." };
	}
	const rest = restError.safeParse(error);
	if (!rest.success) {
		throw new Error(`Twilio's SDK failed with ${error instanceof Error ? error.name : "a value that is no error"}.`);
	}
	const { status, code = 0 } = rest.data;
	const wait = retryAfterMs(retryAfter, providerClock(date));
	return {
		ok: false,
		retryable: passing.has(code) || status === 429 || status === 408 || status >= 500,
		reason:
			words[code] ?? `The SMS provider refused the message (${code === 0 ? `status ${status}` : `code ${code}`}).`,
		code: String(code === 0 ? status : code),
		...(wait === undefined ? {} : { retryAfterMs: wait }),
		...(code === optedOutCode ? { optedOut: true } : {}),
	};
}
