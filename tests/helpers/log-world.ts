import { createHash } from "node:crypto";
import { asc, eq } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { taskLogChunks, taskLogs } from "../../server/db/schema.ts";
import { keepLog } from "../../server/domain/tasks/keep-log.ts";
import { logLink } from "../../server/domain/tasks/log-link.ts";
import { openLog } from "../../server/domain/tasks/read-log.ts";
import { readTask } from "../../server/domain/tasks/read-task.ts";
import { startTask } from "../../server/domain/tasks/start-task.ts";
import { startTask as startInput } from "../../src/contract/tasks.ts";
import type { TestDeps, TestUser } from "./fixture.ts";

export const sha256 = (text: Uint8Array | string) => createHash("sha256").update(text).digest("hex");

/** As a client sends it. */
export async function* inChunks(text: Uint8Array | string, size = 60_000): AsyncGenerator<Uint8Array> {
	const bytes = Buffer.from(text);
	for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** A task of the user that has begun; gives its id. */
export async function startedTask(deps: TestDeps, user: TestUser): Promise<string> {
	return (await startTask(deps, user, startInput.parse({ id: uuidv7(), cmd: "make" }))).id;
}

/** A task with a full log. */
export async function loggedTask(deps: TestDeps, user: TestUser, text: Uint8Array | string): Promise<string> {
	const id = await startedTask(deps, user);
	await keepLog(deps, user, id, inChunks(text));
	return id;
}

/** The text of a task's log, read as its user does. */
export async function readLog(deps: TestDeps, user: TestUser, id: string): Promise<string> {
	const { linkId } = await readTask(deps, user, id);
	if (linkId === null) throw new Error("there is no log to read");
	const { text } = await openLog(deps, linkId, logLink(deps, linkId));
	const parts: Uint8Array[] = [];
	for await (const part of text) parts.push(part);
	return Buffer.concat(parts).toString("utf8");
}

/** What the database holds of a task's log. */
export async function storedPieces({ db }: TestDeps, taskId: string) {
	const rows = await db
		.select({ piece: taskLogChunks })
		.from(taskLogChunks)
		.innerJoin(taskLogs, eq(taskLogs.id, taskLogChunks.logId))
		.where(eq(taskLogs.taskId, taskId))
		.orderBy(asc(taskLogChunks.position));
	return rows.map(({ piece }) => piece);
}
