import * as z from "zod";

/** Every code that the API answers with. The status of each stands in `server/errors.ts`. */
export const errorCodes = [
	"unauthorized",
	"token_expired",
	"forbidden",
	"not_found",
	"session_not_found",
	"conflict",
	"rate_limited",
	"quota_exceeded",
	"plan_required",
	"invalid_request",
	"payload_too_large",
	"unavailable",
	"server_error",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** The body of every answer that is not 2xx. `details` is data for the program, `message` is for the person. */
export const errorBody = z.looseObject({
	error: z.enum(errorCodes),
	message: z.string(),
	details: z.unknown().optional(),
	request_id: z.string(),
});
export type ErrorBody = z.infer<typeof errorBody>;
