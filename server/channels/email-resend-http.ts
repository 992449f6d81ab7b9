import { Resend } from "resend";
import { z } from "zod";
import { oneRequest } from "./one-request.ts";

type Answer<T> = Awaited<ReturnType<typeof Resend.prototype.fetchRequest<T>>>;

/** Resend's own code of an error: `rate_limit_exceeded`. */
const errorBody = z.object({ name: z.string().regex(/^[a-z_]{1,60}$/) });

/** An answer to a mail that was sent has 60 bytes. */
const maxAnswerBytes = 16_384;
/** Backstop for a call that comes without a signal. */
const timeoutMs = 15_000;
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
	override async fetchRequest<T>(path: string, options: RequestInit = {}): Promise<Answer<T>> {
		try {
			const { status, headers, text } = await oneRequest({
				url: new URL(`${this.baseUrl}${path}`),
				method: options.method ?? "GET",
				headers: Object.fromEntries(new Headers(options.headers)),
				body: typeof options.body === "string" ? options.body : undefined,
				signal: options.signal ?? AbortSignal.timeout(timeoutMs),
				maxBytes: path === "/emails" ? maxAnswerBytes : maxMailBytes,
			});
			if (text === undefined) return failed(tooLong, status, headers);
			const body = parsed(text);
			const ok = status >= 200 && status < 300;
			if (ok && body !== undefined) return { data: body, error: null, headers };
			return failed(errorBody.safeParse(body).data?.name ?? "", ok ? null : status, headers);
		} catch {
			// The errors can hold the request; which of the network's failures it was changes nothing.
			return failed(noAnswer, null, null);
		}
	}
}

function failed(code: string, statusCode: number | null, headers: Record<string, string> | null): Answer<never> {
	return { data: null, error: { name: "application_error", message: code, statusCode }, headers };
}

/** Undefined for what is no JSON: it came from something in between. */
function parsed(text: string) {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
