import { createHash } from "node:crypto";
import { and, eq, isNull, sql } from "drizzle-orm";
import { maxLogBytes } from "../../../src/contract/last-bytes.ts";
import type { LogDigest, TaskLog } from "../../../src/contract/task-logs.ts";
import { taskLogChunks, taskLogs, tasks } from "../../db/schema.ts";
import { AppError } from "../../errors.ts";
import type { Deps } from "../deps.ts";
import { ownTask } from "./finish-task.ts";
import { sealChunk } from "./log-cipher.ts";
import { logKeyOf } from "./log-keys.ts";
import { inPieces } from "./log-pieces.ts";
import { refuseWithoutFullLogs } from "./log-plan.ts";
import { dropBeyond } from "./prune-logs.ts";
import { logOfTask } from "./read-log.ts";

/** Uploads that a user may have under way. */
const maxUnderWay = 4;

interface Owner {
	userId: string;
}

interface Upload {
	id: string;
	taskId: string;
	userId: string;
}

/**
 * Keeps the full log of a task, encrypted, piece by piece as it comes. Of a text above 10 MB nothing but hash and length is kept. The
 * first log of a task counts: another one gets its answer and is not read.
 */
export async function keepLog(
	deps: Deps,
	owner: Owner,
	taskId: string,
	text: AsyncIterable<Uint8Array>,
): Promise<TaskLog> {
	await refuseWithoutFullLogs(deps, owner.userId);
	const there = await logOfTask(deps, owner, taskId);
	if (there !== undefined) return there.report;
	const key = await logKeyOf(deps, owner.userId);
	const upload = await begin(deps, owner, taskId);
	try {
		return await finish(deps, upload, await storePieces(deps, upload, key, text));
	} catch (error) {
		await deps.db.delete(taskLogs).where(and(eq(taskLogs.id, upload.id), isNull(taskLogs.storedAt)));
		throw error;
	}
}

/** Keeps what is known of a log that is too long to be kept. */
export async function keepLogDigest(deps: Deps, owner: Owner, taskId: string, digest: LogDigest): Promise<TaskLog> {
	await refuseWithoutFullLogs(deps, owner.userId);
	const there = await logOfTask(deps, owner, taskId);
	if (there !== undefined) return there.report;
	return finish(deps, await begin(deps, owner, taskId), { ...digest, chunks: 0 });
}

async function begin({ db, id: newId }: Deps, { userId }: Owner, taskId: string): Promise<Upload> {
	const underWay = and(
		eq(taskLogs.userId, userId),
		isNull(taskLogs.storedAt),
		sql`${taskLogs.createdAt} > now() - interval '5 minutes'`,
	);
	if ((await db.$count(taskLogs, underWay)) >= maxUnderWay) {
		throw new AppError("rate_limited", `${maxUnderWay} logs are being uploaded already.`, { retryAfter: 10 });
	}
	const upload = { id: newId(), taskId, userId };
	await db.insert(taskLogs).values(upload);
	return upload;
}

type Stored = LogDigest & { chunks: number };

async function storePieces(
	{ db }: Deps,
	{ id: logId, taskId, userId }: Upload,
	key: Uint8Array,
	text: AsyncIterable<Uint8Array>,
): Promise<Stored> {
	const hash = createHash("sha256");
	let [bytes, chunks] = [0, 0];
	for await (const { text: piece, last } of inPieces(text)) {
		hash.update(piece);
		bytes += piece.length;
		if (bytes <= maxLogBytes) {
			const sealed = sealChunk(key, { userId, taskId, logId, position: chunks, last }, piece);
			await db.insert(taskLogChunks).values({ logId, position: chunks, sealed });
			chunks += 1;
		} else if (chunks > 0) {
			await db.delete(taskLogChunks).where(eq(taskLogChunks.logId, logId));
			chunks = 0;
		}
	}
	return { sha256: hash.digest("hex"), bytes, chunks };
}

/** Of several uploads of one task the first to end is its log. */
function finish({ db }: Deps, { id, taskId, userId }: Upload, stored: Stored): Promise<TaskLog> {
	return db.transaction(async (tx) => {
		await tx.select({ id: tasks.id }).from(tasks).where(ownTask({ userId }, taskId)).for("update");
		const winner = await logOfTask({ db: tx }, { userId }, taskId);
		if (winner === undefined) {
			await tx
				.update(taskLogs)
				.set({ ...stored, storedAt: sql`now()` })
				.where(eq(taskLogs.id, id));
			await dropBeyond(tx, userId);
		} else await tx.delete(taskLogs).where(eq(taskLogs.id, id));
		const log = winner ?? (await logOfTask({ db: tx }, { userId }, taskId));
		if (log === undefined) throw new Error("A log that was uploaded is not stored.");
		return log.report;
	});
}
