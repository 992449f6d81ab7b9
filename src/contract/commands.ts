import * as z from "zod";

/** The longest that a mobile reply token lives, in seconds; it ends with its session in any case. */
export const replyTokenSeconds = 12 * 3600;

/** The answer to POST /sessions/{id}/reply-token: a bearer token that sends commands to this session and can do nothing else. */
export const replyTokenIssued = z.object({
	mobile_reply_token: z.string(),
	/** Seconds. */
	expires_in: z.int().min(1),
});

/** POST /commands, with a mobile reply token. `command` is what a reply from the phone would be, and passes the same checks. */
export const postCommand = z.strictObject({ session_id: z.uuid(), command: z.string().min(1) });

/** Header of POST /commands: the same key again changes nothing and gets the same answer. */
export const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,255}$/);

/** 202: it waits in the session's inbox. */
export const commandQueued = z.object({ id: z.uuid(), session_id: z.uuid(), state: z.literal("queued") });
