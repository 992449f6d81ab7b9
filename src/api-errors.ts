import type { ErrorBody, ErrorCode } from "./contract/errors.ts";

/** No answer of a claude-notify server: network, time-out, a proxy's page. Nothing was decided, so the same request may be sent again later. */
export class ServerUnreachable extends Error {
	override readonly name = "ServerUnreachable";
	/** When the server itself said how long to wait. */
	readonly retryAfterMs: number | undefined;

	constructor(message: string, options: ErrorOptions & { retryAfterMs?: number | undefined } = {}) {
		super(message, options);
		this.retryAfterMs = options.retryAfterMs;
	}
}

/** The server's own refusal; `message` is written for the person. */
export class ApiError extends Error {
	override readonly name = "ApiError";
	readonly code: ErrorCode;
	readonly status: number;
	readonly details: unknown;
	readonly requestId: string;
	readonly retryAfterMs: number | undefined;

	constructor(status: number, answer: ErrorBody, retryAfterMs?: number) {
		super(answer.message);
		this.code = answer.error;
		this.status = status;
		this.details = answer.details;
		this.requestId = answer.request_id;
		this.retryAfterMs = retryAfterMs;
	}
}

/** The session, or the login that it hangs on, is over on the server. */
export function isGone(error: unknown): boolean {
	return error instanceof ApiError && (error.status === 401 || error.code === "session_not_found");
}

/** Nothing is wrong with the request: sent again later it may be taken. */
export function isPassing(error: unknown): error is ServerUnreachable | ApiError {
	if (error instanceof ServerUnreachable) return true;
	return error instanceof ApiError && (error.status === 429 || error.status >= 500);
}
