import * as z from "zod";
import { channelName } from "./channels.ts";
import { taskOutcome } from "./task-outcome.ts";
import { taskProgress } from "./task-update.ts";
import { cutTo } from "./text.ts";

/** Everything that can happen in a session. One tuple for zod, drizzle and the pages. */
export const eventTypes = [
	"done",
	"error",
	"waiting",
	"permission",
	"question",
	"progress",
	"started",
	"session_lost",
	"task_finished",
	"task_update",
] as const;
export type EventType = (typeof eventTypes)[number];

/** What is known about an event; all optional, and long text is cut, because an agent's words cannot be sent back to be shortened. */
export const eventDetails = z.strictObject({
	/** What Claude said, or the text of `notify_user`. */
	message: cutTo(4096).optional(),
	tool_name: cutTo(200).optional(),
	error_message: cutTo(4096).optional(),
	/** StopFailure's own word: rate_limit, billing_error, authentication_failed, server_error … */
	error_kind: cutTo(100).optional(),
	/** Whole minutes without activity, for `waiting`. */
	idle_minutes: z.int().min(0).max(100_000).optional(),
	/** For the progress that is told by itself: how long the turn has been running. */
	running_seconds: z.int().min(0).max(10_000_000).optional(),
	/** For `task_finished`: the command that ended. Without it the event is a text that somebody's script sent. */
	task: taskOutcome.optional(),
	/** For `task_update`: the command that still runs. */
	task_progress: taskProgress.optional(),
	/** What stands over such a text instead of the session's description. */
	title: cutTo(200).optional(),
	/** Events that the machine had to drop while the server was away. */
	dropped: z.int().min(1).max(1_000_000).optional(),
});
export type EventDetails = z.infer<typeof eventDetails>;

/** POST /sessions/{id}/events. `id` is the idempotency key: the same id again changes nothing and gets the same answer. */
export const reportEvent = z.strictObject({
	id: z.uuidv7(),
	type: z.enum(eventTypes),
	occurred_at: z.iso.datetime({ offset: true }),
	details: eventDetails.default({}),
	/**
	 * When the person had last typed in the session at the computer, by the clock of `occurred_at`; left out where they have not.
	 * null: they have answered from the phone since, whatever a heartbeat said that the event overtook.
	 */
	attended: z.iso.datetime({ offset: true }).nullish(),
	/** Whether somebody was at the computer when it happened, by the machine's presence file; left out where there is none. */
	present: z.boolean().optional(),
});
export type ReportEvent = z.infer<typeof reportEvent>;

/** What became of an event at the moment it was accepted; what became of each message is in the deliveries. */
export const eventOutcomes = ["queued", "limited", "duplicate", "muted", "quiet", "present"] as const;

/** The answer to POST events. 200, or 429 with `Retry-After` and the error fields when every channel was limited. */
export const eventAccepted = z.looseObject({
	event_id: z.uuidv7(),
	outcome: z.enum(eventOutcomes),
	/** For `muted`, `quiet` and `present`: why nothing is sent, in a sentence for the user. */
	why: z.string().nullable().default(null),
	/** Seconds that the messages wait first, in case the person does something at the computer. */
	delay: z.int().min(0).default(0),
	channels: z.array(
		z.object({
			channel: channelName,
			outcome: z.enum(["queued", "limited", "opted_out"]),
		}),
	),
	rate_limited: z.boolean(),
	/** When the next event of this type can leave on a limited channel; null when nothing was limited. */
	next_allowed_at: z.iso.datetime().nullable(),
	/** The same in seconds from now. */
	retry_after: z.int().min(0).nullable(),
});
export type EventAccepted = z.infer<typeof eventAccepted>;

/** What became of an event in the end; `held`: a message of it is still to leave. */
export const toldOutcomes = ["delivered", "sent", "held", "limited", "muted", "quiet", "present", "failed"] as const;

export const toldEvent = z.object({
	event_id: z.uuidv7(),
	type: z.enum(eventTypes),
	accepted_at: z.iso.datetime(),
	outcome: z.enum(toldOutcomes),
	/** A sentence for the user. */
	why: z.string(),
});
export type ToldEvent = z.infer<typeof toldEvent>;

/** Query of GET /sessions/{id}/events. */
export const toldEventsQuery = z.object({ limit: z.coerce.number().int().min(1).max(100).default(10) });

/** The answer: the newest first. */
export const toldEvents = z.object({ events: z.array(toldEvent) });
