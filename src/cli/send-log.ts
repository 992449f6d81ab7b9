import { gzipSync } from "node:zlib";
import { ApiError, isPassing } from "../api-errors.ts";
import { type Login, NotPaired } from "../companion/login.ts";
import { maxLogBytes } from "../contract/last-bytes.ts";
import type { LogDigest } from "../contract/task-logs.ts";
import { type Log, reasonOf } from "../log.ts";
import type { TaskQueue } from "../state/task-queue.ts";
import { logText } from "./log-text.ts";

export interface WaitingLog {
	queue: TaskQueue;
	/** Under which it waits. */
	id: string;
	task: string;
	digest: LogDigest;
}

/** Sends the full log of a task. One that the server refuses (the plan has none, the server is older) is left out; what passes is thrown. */
export async function sendLog({ queue, id, task, digest }: WaitingLog, login: Login, log: Log): Promise<void> {
	try {
		const raw = queue.readLog(id);
		const text = raw === undefined ? undefined : Buffer.from(logText(raw));
		// Bytes that are no text become longer when they are shown.
		if (text === undefined || text.length > maxLogBytes) {
			await login.call((token) => login.api.keepLogDigest(token, task, digest));
		} else await login.call((token) => login.api.keepLog(token, task, gzipSync(text)));
	} catch (error) {
		if (error instanceof NotPaired || isPassing(error) || !(error instanceof ApiError)) throw error;
		log.warn(`the server refused a full log: ${reasonOf(error)}`);
	}
}
