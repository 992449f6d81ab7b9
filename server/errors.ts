import type { ErrorCode } from "../src/contract/errors.ts";

/** The one table from code to HTTP status; a new code does not compile until it has one. */
export const statusOf = {
	unauthorized: 401,
	token_expired: 401,
	forbidden: 403,
	not_found: 404,
	session_not_found: 404,
	conflict: 409,
	rate_limited: 429,
	quota_exceeded: 402,
	plan_required: 402,
	invalid_request: 400,
	payload_too_large: 413,
	unavailable: 503,
	server_error: 500,
} as const satisfies Record<ErrorCode, number>;

/** A rule that the caller broke: its message is shown to the caller. Anything else that is thrown is a bug and shows a request id only. */
export class AppError extends Error {
	override readonly name = "AppError";
	readonly code: ErrorCode;
	readonly details: unknown;
	/** Whole seconds, sent as `Retry-After`. */
	readonly retryAfter: number | undefined;

	constructor(
		code: ErrorCode,
		message: string,
		options: ErrorOptions & { details?: unknown; retryAfter?: number } = {},
	) {
		super(message, options);
		this.code = code;
		this.details = options.details;
		this.retryAfter = options.retryAfter;
	}
}
