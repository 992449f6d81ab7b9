import { and, eq, isNull, sql } from "drizzle-orm";
import { lastBytes, maxTail } from "../../../src/contract/last-bytes.ts";
import type { TaskFinished, Told } from "../../../src/contract/tasks.ts";
import { tasks } from "../../db/schema.ts";
import { AppError } from "../../errors.ts";
import type { Deps } from "../deps.ts";
import { plainLine, plainText } from "../plain-text.ts";
import type { Machine } from "./command-line-session.ts";
import { tellUser } from "./tell-user.ts";

/** A message shows so many characters of the tail; the rest is kept. */
const maxShown = 500;
const cutMark = "[truncated]\n";

/** Records how a command ended and tells its user, in one transaction. The first end counts: another one gets its answer, as `duplicate`. */
export async function finishTask(deps: Deps, machine: Machine, finished: TaskFinished): Promise<Told> {
	const tail = lastBytes(plainText(finished.tail), maxTail);
	const told = await deps.db.transaction(async (tx) => {
		const [ended] = await tx
			.update(tasks)
			.set({
				title: plainLine(finished.title) || "command",
				finishedAt: sql`now()`,
				exitCode: finished.exit_code,
				signal: finished.signal,
				interrupted: finished.interrupted,
				durationMs: finished.duration_ms,
				tail,
				outputBytes: finished.output_bytes,
			})
			.where(and(ownTask(machine, finished.task_id), isNull(tasks.finishedAt)))
			.returning({ title: tasks.title, channels: tasks.channels });
		if (ended === undefined) return undefined;
		const { exit_code, signal, interrupted, duration_ms } = finished;
		const news = await tellUser(tx, deps, machine, {
			id: finished.task_id,
			occurredAt: finished.finished_at,
			details: {
				message: finished.message ?? shown(tail),
				task: { title: ended.title, exit_code, signal, interrupted, duration_ms },
			},
			channels: ended.channels,
		});
		await tx.update(tasks).set({ outcome: news.outcome, why: news.why }).where(eq(tasks.id, finished.task_id));
		return news;
	});
	if (told === undefined) return firstAnswer(deps, machine, finished.task_id);
	if (told.outcome === "queued") deps.wakeOutbox();
	return told;
}

/** The end of it, since that is where a program says what went wrong. */
export function shown(tail: string): string {
	const trimmed = tail.trimEnd();
	return trimmed.length <= maxShown ? trimmed : `${cutMark}${trimmed.slice(-maxShown).toWellFormed()}`;
}

async function firstAnswer({ db }: Deps, machine: Machine, id: string): Promise<Told> {
	const [found] = await db.select({ why: tasks.why }).from(tasks).where(ownTask(machine, id));
	if (found === undefined) throw new AppError("not_found", "There is no such task.");
	return { id, outcome: "duplicate", why: found.why, channels: [], next_allowed_at: null };
}

/** Another user's task is no more there than one that never was. */
export function ownTask({ userId }: Pick<Machine, "userId">, id: string) {
	return and(eq(tasks.id, id), eq(tasks.userId, userId));
}
