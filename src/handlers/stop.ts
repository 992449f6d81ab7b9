import * as z from "zod";
import { flag, fromJson, readFields, text } from "./fields.ts";
import type { Handler } from "./tools.ts";

const tasks = z.array(z.looseObject({ id: z.string().catch("?"), type: z.string().catch("") }));
const shape = { last_assistant_message: text, stop_hook_active: flag, background_tasks: z.unknown().optional() };

/**
 * A turn ended. It is told as done when nothing runs on that will bring Claude back.
 * A shell that was already running when the turn before ended is a server that was left running: it would hold "done" back for ever.
 */
export const onStop: Handler = (input, { session, showHere }) => {
	if (session === undefined) return {};
	const { last_assistant_message, stop_hook_active, background_tasks } = readFields(shape, input);
	const isDone = !runsOn(background_tasks, (ids) => session.newTasks(ids)) && !stop_hook_active;
	session.turnEnded(isDone ? "done" : "open");
	if (!isDone) return {};
	session.report("done", { message: last_assistant_message });
	return showHere({ body: last_assistant_message || "Done", urgency: "normal" });
};

function runsOn(field: unknown, newTasks: (ids: string[]) => string[]): boolean {
	const listed = tasks.safeParse(fromJson(field));
	// A list that was cut off cannot be read, and it was not an empty one.
	if (!listed.success) return typeof field === "string" && field.trimStart().startsWith("[{");
	const shells = listed.data.filter(({ type }) => type === "shell").map(({ id }) => id);
	return newTasks(shells).length > 0 || listed.data.length > shells.length;
}
