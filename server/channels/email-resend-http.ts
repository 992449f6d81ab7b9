import { Resend } from "resend";
import { z } from "zod";

type Answer<T> = Awaited<ReturnType<typeof Resend.prototype.fetchRequest<T>>>;

/** Resend's own code of an error: `rate_limit_exceeded`. */
const errorBody = z.object({ name: z.string().regex(/^[a-z_]{1,60}$/) });

/** An answer to a mail that was sent has 60 bytes. */
const maxAnswerBytes = 16_384;
/** A received mail can be long: what it quotes comes along, its attachments do not. */
const maxMailBytes = 2_000_000;

/** The code of a failure for which there was no answer, or none that could be read. */
export const noAnswer = "no_answer";
/** The code of an answer that was longer than it may be. */
export const tooLong = "answer_too_long";

/**
 * Resend's client with what a call that leaves the process needs: a bounded answer and no redirect; the signal comes with each call.
 * Of an error only its code is kept, in `message`: Resend's own sentences quote addresses.
 */
export class ResendHttp extends Resend {
	override async fetchRequest<T>(path: string, options: object = {}): Promise<Answer<T>> {
		try {
			const response = await fetch(`${this.baseUrl}${path}`, { ...options, redirect: "manual" });
			const headers = Object.fromEntries(response.headers.entries());
			const text = await boundedText(response, path === "/emails" ? maxAnswerBytes : maxMailBytes);
			if (text === undefined) return failed(tooLong, response.status, headers);
			const body = parsed(text);
			if (response.ok && body !== undefined) return { data: body, error: null, headers };
			return failed(errorBody.safeParse(body).data?.name ?? "", response.ok ? null : response.status, headers);
		} catch {
			// fetch's errors can hold the request; which of the network's failures it was changes nothing.
			return failed(noAnswer, null, null);
		}
	}
}

function failed(code: string, statusCode: number | null, headers: Record<string, string> | null): Answer<never> {
	return { data: null, error: { name: "application_error", message: code, statusCode }, headers };
}

/** Undefined when it is longer. */
async function boundedText(response: Response, maxBytes: number): Promise<string | undefined> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of response.body ?? []) {
		size += chunk.byteLength;
		// Leaving the loop cancels the rest.
		if (size > maxBytes) return undefined;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString("utf8");
}

/** Undefined for what is no JSON: it came from something in between. */
function parsed(text: string) {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
