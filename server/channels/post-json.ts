import type { DeliveryResult } from "./channel.ts";
import { oneRequest } from "./one-request.ts";
import { providerClock, retryAfterMs } from "./retry-after.ts";

export interface JsonRequest {
	url: URL;
	headers?: Record<string, string>;
	body: unknown;
	signal: AbortSignal;
}

export interface JsonAnswer {
	status: number;
	/** Parsed; undefined when it was no JSON. */
	body: unknown;
	/** The provider's own wait, in milliseconds. */
	retryAfterMs: number | undefined;
}

/** A provider's answer to a message is short; whatever is longer is none of its. */
const maxAnswerBytes = 16_384;

/** One request to a provider that has no SDK: no retries, no redirects, a bounded answer. Undefined when there was no answer that could be read. */
export async function postJson({ url, headers = {}, body, signal }: JsonRequest): Promise<JsonAnswer | undefined> {
	try {
		const answer = await oneRequest({
			url,
			method: "POST",
			headers: { "content-type": "application/json", ...headers },
			body: JSON.stringify(body),
			signal,
			maxBytes: maxAnswerBytes,
		});
		if (answer.text === undefined) return undefined;
		const wait = retryAfterMs(answer.headers["retry-after"], providerClock(answer.headers["date"]));
		return { status: answer.status, body: parsed(answer.text), retryAfterMs: wait };
	} catch {
		// The errors can hold the request's address; which of the network's failures it was changes nothing.
		return undefined;
	}
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** What a refusal means for most providers: 408, 429 and 5xx pass by themselves, a redirect and the other 4xx do not. */
export function refused({ status, retryAfterMs: wait }: JsonAnswer, reason: string, code?: string): DeliveryResult {
	return {
		ok: false,
		retryable: status === 408 || status === 429 || status >= 500,
		reason,
		code: code ?? String(status),
		...(wait === undefined ? {} : { retryAfterMs: wait }),
	};
}
