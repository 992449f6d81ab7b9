import type { TaskUpdate } from "../../../src/contract/task-update.ts";
import type { Told } from "../../../src/contract/tasks.ts";
import { tasks } from "../../db/schema.ts";
import { AppError } from "../../errors.ts";
import type { Deps } from "../deps.ts";
import { plainLine, plainText } from "../plain-text.ts";
import type { Machine } from "./command-line-session.ts";
import { ownTask, shown } from "./finish-task.ts";
import { tellUser } from "./tell-user.ts";

/** Tells a user what a command of theirs says before its end. That it begins or runs is no news any more once it has ended. */
export async function tellProgress(deps: Deps, machine: Machine, update: TaskUpdate): Promise<Told> {
	const { id, kind, running_ms } = update;
	const told = await deps.db.transaction(async (tx): Promise<Told> => {
		const [task] = await tx.select().from(tasks).where(ownTask(machine, update.task_id));
		if (task === undefined) throw new AppError("not_found", "There is no such task.");
		if (task.finishedAt !== null && (kind === "started" || kind === "running")) {
			return { id, outcome: "muted", why: "The command has ended since.", channels: [], next_allowed_at: null };
		}
		const title = plainLine(update.title) || task.title;
		return tellUser(tx, deps, machine, {
			id,
			type: "task_update",
			occurredAt: update.occurred_at,
			details: { message: shown(plainText(update.text)), title, task_progress: { kind, title, running_ms } },
			channels: task.channels,
		});
	});
	if (told.outcome === "queued") deps.wakeOutbox();
	return told;
}
