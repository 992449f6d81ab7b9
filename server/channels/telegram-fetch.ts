import type { ApiClientOptions } from "grammy";
import { oneRequest } from "./one-request.ts";

type GrammyFetch = NonNullable<ApiClientOptions["fetch"]>;

/** As far as grammY makes use of it for calls without files. */
interface Call {
	method: string;
	headers: Record<string, string>;
	body: string;
	signal: Pick<AbortSignal, "aborted" | "addEventListener">;
}

/** What grammY sends with: its own would read an answer of any length to its end, and wait for a connection as long as the system does. */
export function telegramFetch(maxBytes: number): GrammyFetch {
	async function call(url: string, { method, headers, body, signal }: Call) {
		const ended = new AbortController();
		signal.addEventListener("abort", () => ended.abort(), { once: true });
		if (signal.aborted) ended.abort();
		const outgoing = { url: new URL(url), method, headers, body, signal: ended.signal, maxBytes };
		const { status, text } = await oneRequest(outgoing);
		return { json: () => bodyOf(status, text) };
	}
	// grammY gives it a URL as text and what `Call` has, and of the answer it reads `json()`.
	return call as unknown as GrammyFetch;
}

/** A redirect comes from something in between and is not followed: a refusal, in Telegram's own form. */
async function bodyOf(status: number, text: string | undefined): Promise<unknown> {
	if (status >= 300 && status < 400) return { ok: false, error_code: status, description: "" };
	if (text === undefined) throw new Error("the answer is too long");
	return JSON.parse(text);
}
