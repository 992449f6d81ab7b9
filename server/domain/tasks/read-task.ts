import type { TaskReport } from "../../../src/contract/tasks.ts";
import { tasks } from "../../db/schema.ts";
import { AppError } from "../../errors.ts";
import type { Deps } from "../deps.ts";
import { ownTask } from "./finish-task.ts";
import { logOfTask } from "./read-log.ts";

/** With the id that a link to its log can be made for. */
export type ReadTask = Omit<TaskReport, "log_url"> & { linkId: string | null };

/** What ran and how it ended, with the end of what it printed: for its user alone. */
export async function readTask({ db }: Pick<Deps, "db">, user: { userId: string }, id: string): Promise<ReadTask> {
	const [task] = await db.select().from(tasks).where(ownTask(user, id));
	if (task === undefined) throw new AppError("not_found", "There is no such task.");
	const log = await logOfTask({ db }, user, id);
	return {
		task_id: task.id,
		title: task.title,
		cmd: task.command,
		state: task.finishedAt === null ? "running" : "finished",
		started_at: task.startedAt.toISOString(),
		finished_at: task.finishedAt?.toISOString() ?? null,
		exit_code: task.exitCode,
		signal: task.signal,
		interrupted: task.interrupted,
		duration_ms: task.durationMs,
		tail: task.tail,
		output_bytes: task.outputBytes,
		log: log?.report ?? null,
		linkId: log?.linkId ?? null,
	};
}
