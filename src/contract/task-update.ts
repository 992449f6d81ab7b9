import * as z from "zod";
import { cutTo } from "./text.ts";

/** What a command says before its end: that it began, that it still runs, what it has printed since, or a line that was waited for. */
export const taskUpdateKinds = ["started", "running", "partial", "regex"] as const;
export type TaskUpdateKind = (typeof taskUpdateKinds)[number];

/** What a message about it is made of, beside the text. */
export const taskProgress = z.strictObject({
	kind: z.enum(taskUpdateKinds),
	title: cutTo(200),
	/** Since it began. */
	running_ms: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
});
export type TaskProgress = z.infer<typeof taskProgress>;

/** POST /tasks/{id}/updates, with an access token. `id` is the idempotency key. */
export const taskUpdate = taskProgress.extend({
	type: z.literal("task_update"),
	id: z.uuidv7(),
	task_id: z.uuidv7(),
	/** By the machine's clock. */
	occurred_at: z.iso.datetime({ offset: true }),
	/** The command, what it printed since the last update, or the line; without escape sequences and secrets. */
	text: cutTo(4096),
});
export type TaskUpdate = z.infer<typeof taskUpdate>;
