import * as z from "zod";
import { channelName } from "./channels.ts";
import { cutTo } from "./text.ts";

/** The longest reply, in UTF-16 units. */
export const maxReply = 1000;

export const inboxStates = ["queued", "leased", "delivered", "seen", "expired", "refused"] as const;
export type InboxState = (typeof inboxStates)[number];

/** How a reply got into the session. `rewake`: a Stop hook that waits where there is no socket. `resume`: `claude -p --resume`, after the session had ended. */
export const deliveryWays = ["socket", "channel", "rewake", "prompt", "tool", "resume"] as const;
export type DeliveryWay = (typeof deliveryWays)[number];

/** One reply from the phone. It is data: who sent it and from where stand in fields, never in the text. */
export const inboxMessage = z.object({
	id: z.uuid(),
	/** Short and unique in the session; stands in the text that the session sees, and proves that it was seen. */
	ref: z.string().regex(/^[a-z0-9]{6,12}$/),
	/** `resume`: the text is for a session that has ended, and the user said that this machine may go on with it in the background. */
	kind: z.enum(["reply", "resume"]),
	text: z.string(),
	/** For `resume`: which session, by the agent's own id, and its folder. */
	resume: z.object({ agent_session_id: z.string(), cwd: z.string(), handle: z.string() }).optional(),
	from: z.object({ channel: channelName, label: z.string() }),
	created_at: z.iso.datetime(),
});
export type InboxMessage = z.infer<typeof inboxMessage>;

/** Query of GET /sessions/{id}/inbox. `wait` in seconds; `after` is the cursor of the last answer. */
export const inboxQuery = z.object({
	wait: z.coerce.number().int().min(0).max(25).default(0),
	after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
});

/** 200 of the same; 204 when nothing came within `wait`. Every message in it is leased for 30 s and offered again until a receipt says what became of it. */
export const inboxPage = z.object({
	messages: z.array(inboxMessage),
	cursor: z.int().min(0),
});

/** POST /sessions/{id}/inbox/{message}/receipt. "seen" is proven by the session's own hook or tool answer, never by having written to the socket. */
export const inboxReceipt = z.strictObject({
	state: z.enum(["delivered", "seen", "refused"]),
	via: z.enum(deliveryWays),
	reason: cutTo(200).optional(),
	/** For `resume`: what the agent said at the end; it goes to the phone. */
	output: cutTo(4096).optional(),
});
export type InboxReceipt = z.infer<typeof inboxReceipt>;

/** The answer to a receipt: the state that the message has now. An older receipt than the last changes nothing. */
export const inboxReceiptTaken = z.object({ id: z.uuid(), state: z.enum(inboxStates) });
