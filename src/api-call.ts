import ky, { type Options } from "ky";
import type { z } from "zod";
import { ApiError, ServerUnreachable } from "./api-errors.ts";
import { fingerprintHeader } from "./contract/auth.ts";
import { errorBody } from "./contract/errors.ts";

export interface ApiOptions {
	/** Base URL without a slash at its end. */
	server: string;
	/** SHA-256 of this machine, in hex: access tokens are bound to it. */
	fingerprint: string;
	/** For a whole request; long-polls get what they wait on top. Milliseconds. */
	timeoutMs?: number;
}

export interface Call {
	method: "get" | "post" | "put" | "patch" | "delete";
	token?: string;
	json?: unknown;
	/** A text, compressed: the body instead of `json`. */
	gzip?: Uint8Array<ArrayBuffer>;
	/** The same again has no second effect. */
	idempotencyKey?: string;
	searchParams?: Record<string, string | number>;
	/** Milliseconds that the server may hold the request open. */
	waitMs?: number;
	signal?: AbortSignal | undefined;
}

export interface Answer {
	status: number;
	body: unknown;
	retryAfterMs: number | undefined;
}

/** An inbox page holds at most 20 replies of 1000 characters; nothing else comes near. */
const maxAnswer = 256 * 1024;

/** One request and its answer, whatever the status. Throws ServerUnreachable, nothing else. */
export async function callServer(
	{ server, fingerprint, timeoutMs = 15_000 }: ApiOptions,
	path: string,
	{ method, token, json, gzip, idempotencyKey, searchParams, waitMs = 0, signal }: Call,
): Promise<Answer> {
	const totalMs = timeoutMs + waitMs;
	const deadline = AbortSignal.timeout(totalMs);
	const options: Options = {
		prefix: `${server}/v1`,
		method,
		// A redirect would carry the token to an address that nobody chose.
		redirect: "error",
		retry: 0,
		throwHttpErrors: false,
		timeout: false,
		signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
		headers: {
			accept: "application/json",
			...(gzip === undefined ? {} : { "content-type": "text/plain; charset=utf-8", "content-encoding": "gzip" }),
			...(token === undefined ? {} : { authorization: `Bearer ${token}`, [fingerprintHeader]: fingerprint }),
			...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
		},
		...(json === undefined ? {} : { json }),
		...(gzip === undefined ? {} : { body: gzip }),
		...(searchParams === undefined ? {} : { searchParams }),
	};
	try {
		const response = await ky(path, options);
		const body = await readJson(response);
		return { status: response.status, body, retryAfterMs: retryAfter(response.headers.get("retry-after")) };
	} catch (error) {
		const what = deadline.aborted ? `no answer within ${Math.round(totalMs / 1000)} s` : networkReason(error);
		throw new ServerUnreachable(`${server} cannot be reached: ${what}`, { cause: error });
	}
}

/** The checked body of a 2xx; else throws ApiError, or ServerUnreachable for what is no answer of ours. */
export function accept<T>(schema: z.ZodType<T>, { status, body, retryAfterMs }: Answer): T {
	if (status >= 200 && status < 300) {
		const answer = schema.safeParse(body);
		if (answer.success) return answer.data;
		throw new ServerUnreachable("The server's answer is not one that this plugin understands.", {
			cause: answer.error,
		});
	}
	const refusal = errorBody.safeParse(body);
	if (!refusal.success)
		throw new ServerUnreachable(`HTTP ${status} without an answer of claude-notify`, { retryAfterMs });
	throw new ApiError(status, refusal.data, retryAfterMs);
}

async function readJson(response: Response): Promise<unknown> {
	if (response.body === null || response.status === 204) return undefined;
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of response.body) {
		size += chunk.byteLength;
		if (size > maxAnswer) throw new Error("the answer is too long");
		chunks.push(chunk);
	}
	try {
		return JSON.parse(Buffer.concat(chunks).toString("utf8"));
	} catch {
		return undefined;
	}
}

function retryAfter(header: string | null): number | undefined {
	const seconds = Number(header ?? "");
	return header !== null && Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3600) * 1000 : undefined;
}

/** fetch hides the reason (ECONNREFUSED, CERT_HAS_EXPIRED …) in its causes. */
export function networkReason(error: unknown): string {
	for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++) {
		if ("code" in at && typeof at.code === "string") return at.code;
		const [first]: unknown[] = at instanceof AggregateError ? at.errors : [];
		if (first instanceof Error && "code" in first && typeof first.code === "string") return first.code;
	}
	return error instanceof Error ? error.message : "unknown reason";
}
