import * as z from "zod";
import { channelName, maxChannels } from "./channels.ts";
import { storable } from "./cut-text.ts";
import { eventOutcomes } from "./events.ts";
import { lastBytes, maxTail } from "./last-bytes.ts";
import { notifyOn } from "./notify-on.ts";
import { reportedLog } from "./task-logs.ts";
import { taskOutcome } from "./task-outcome.ts";
import { cutTo, text } from "./text.ts";

const channels = z.array(channelName).min(1).max(maxChannels);

/** POST /tasks, with an access token. The same id again gets the same answer. */
export const startTask = z.strictObject({
	/** The client's own; the server makes one for whoever has none. */
	id: z.uuidv7().optional(),
	/** What runs, without its secrets; null where the person hides it. */
	cmd: cutTo(1000).nullable(),
	title: cutTo(200).optional(),
	/** A monitored session of the same user that it runs in. */
	session_id: z.uuid().optional(),
	/** One of them, or several. */
	notify_on: z.union([z.enum(notifyOn), z.array(z.enum(notifyOn)).min(1).max(notifyOn.length)]).default("exit"),
	/** Of the user's channels only the one that has this address, or this name. */
	notify_user: cutTo(320).optional(),
	/** Only these of the user's channels; without it all. */
	channels: channels.optional(),
	hostname: cutTo(255).default(""),
	cwd: cutTo(1024).default(""),
});
export type StartTask = z.infer<typeof startTask>;

export const taskStarted = z.object({ task_id: z.uuid() });

/** TaskFinished: the same on the machine (desktop notification, disk) and as the body of PATCH /tasks/{id}. */
export const taskFinished = taskOutcome.extend({
	type: z.literal("task_finished"),
	task_id: z.uuidv7(),
	/** By the machine's clock; the server stores its own. */
	finished_at: z.iso.datetime({ offset: true }),
	/** The end of what it printed, without escape sequences and secrets. */
	tail: z.string().overwrite((value) => lastBytes(storable(value), maxTail)),
	/** What the person wants to be told instead of the tail. */
	message: cutTo(500).optional(),
	/** All that it printed, in bytes. */
	output_bytes: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
});
export type TaskFinished = z.infer<typeof taskFinished>;

/** The answer to PATCH /tasks/{id} and POST /notifications: what is told, and why it is not. */
export const told = z.object({
	id: z.uuid(),
	outcome: z.enum(eventOutcomes),
	/** A sentence for the user where nothing leaves. */
	why: z.string().nullable(),
	channels: z.array(channelName),
	/** When the next message can leave, where a limit held this one back. */
	next_allowed_at: z.iso.datetime().nullable(),
});
export type Told = z.infer<typeof told>;

/** GET /tasks/{id}. */
export const taskReport = z.object({
	task_id: z.uuid(),
	title: z.string(),
	cmd: z.string().nullable(),
	state: z.enum(["running", "finished"]),
	started_at: z.iso.datetime(),
	finished_at: z.iso.datetime().nullable(),
	exit_code: z.number().nullable(),
	signal: z.string().nullable(),
	interrupted: z.boolean(),
	duration_ms: z.number().nullable(),
	tail: z.string(),
	output_bytes: z.number(),
	...reportedLog,
});
export type TaskReport = z.infer<typeof taskReport>;

/** POST /notifications: any script can ring the phone. `id` is the idempotency key. */
export const notification = z.strictObject({
	id: z.uuidv7(),
	text: text(4096).refine((value) => value.trim() !== "", { message: "must not be empty" }),
	title: cutTo(200).optional(),
	channels: channels.optional(),
	hostname: cutTo(255).default(""),
});
export type Notification = z.infer<typeof notification>;
