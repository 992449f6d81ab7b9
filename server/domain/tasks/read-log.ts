import { and, eq, isNotNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { TaskLog } from "../../../src/contract/task-logs.ts";
import { type Db, rowsOf } from "../../db/client.ts";
import { taskLogs, tasks } from "../../db/schema.ts";
import { AppError } from "../../errors.ts";
import type { Deps } from "../deps.ts";
import { ownTask } from "./finish-task.ts";
import { openChunk } from "./log-cipher.ts";
import { logKeyOf } from "./log-keys.ts";
import { checkLogLink, type LogLink } from "./log-link.ts";

export interface FoundLog {
	/** Null where no text is kept: what a link can be made for. */
	linkId: string | null;
	report: TaskLog;
}

/** The log of a user's task; undefined while it has none. Throws AppError `not_found` for a task that is not theirs. */
export async function logOfTask(
	{ db }: { db: Pick<Db, "select"> },
	user: { userId: string },
	taskId: string,
): Promise<FoundLog | undefined> {
	const [row] = await db
		.select({ log: taskLogs })
		.from(tasks)
		.leftJoin(taskLogs, and(eq(taskLogs.taskId, tasks.id), isNotNull(taskLogs.storedAt)))
		.where(ownTask(user, taskId));
	if (row === undefined) throw new AppError("not_found", "There is no such task.");
	const { log } = row;
	if (log === null || log.storedAt === null || log.sha256 === null) return undefined;
	const kept = log.chunks > 0;
	return {
		linkId: kept ? log.id : null,
		report: { sha256: log.sha256, bytes: log.bytes, kept, stored_at: log.storedAt.toISOString() },
	};
}

export interface OpenLog {
	taskId: string;
	bytes: number;
	/** Throws where the log was changed; what came before that was whole. */
	text: AsyncGenerator<Uint8Array>;
}

/** The text of a log, by a link of `logLink`. Throws AppError `forbidden` for a link that is none, `not_found` for a log that is gone. */
export async function openLog(deps: Deps, id: string, link: LogLink): Promise<OpenLog> {
	checkLogLink(deps, id, link);
	const [log] = await deps.db
		.select()
		.from(taskLogs)
		.where(and(eq(taskLogs.id, id), isNotNull(taskLogs.storedAt)));
	if (log === undefined || log.chunks === 0) throw new AppError("not_found", "This log is not kept any more.");
	const key = await logKeyOf(deps, log.userId);
	const { userId, taskId, chunks } = log;
	async function piece(position: number): Promise<Uint8Array> {
		// As base64 for the same reason that it went in as such.
		const [row] = await rowsOf(
			deps.db,
			z.object({ sealed: z.string() }),
			sql`select encode(sealed, 'base64') as sealed from task_log_chunks where log_id = ${id} and position = ${position}`,
		);
		if (row === undefined) throw new Error("A piece of a log is missing.");
		const place = { userId, taskId, logId: id, position, last: position === chunks - 1 };
		return openChunk(key, place, Buffer.from(row.sealed, "base64"));
	}
	// So that a log that cannot be opened at all is an error with a status.
	const first = await piece(0);
	async function* rest() {
		yield first;
		for (let position = 1; position < chunks; position++) yield await piece(position);
	}
	return { taskId, bytes: log.bytes, text: rest() };
}
