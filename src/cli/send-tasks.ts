import * as z from "zod";
import { ApiError, isPassing } from "../api-errors.ts";
import { Backoff } from "../companion/backoff.ts";
import { type Login, NotPaired } from "../companion/login.ts";
import { logDigest } from "../contract/task-logs.ts";
import { taskUpdate } from "../contract/task-update.ts";
import { notification, startTask, type Told, taskFinished } from "../contract/tasks.ts";
import { type Log, reasonOf } from "../log.ts";
import { withLock } from "../state/lock.ts";
import { TaskQueue } from "../state/task-queue.ts";
import { sendLog } from "./send-log.ts";

const start = startTask.required({ id: true });
/**
 * What `run` leaves for the server: how it began, and what it said or how it ended; `log`: of the full output, which waits in a file
 * beside it. And what the hooks of other agents leave.
 */
const queuedTask = z.union([
	z.object({ start, end: taskFinished, log: logDigest.optional() }),
	z.object({ start, update: taskUpdate }),
	z.object({ notification }),
]);

export interface SendTasksOptions {
	home: string;
	login: Login;
	log: Log;
	/** For how long to try again while the server is away. */
	patienceMs: number;
}

/** Sends what is queued, oldest first; ids make sure that nothing is told twice. What is left waits for the next run. */
export async function sendTasks({
	home,
	login,
	log,
	patienceMs,
}: SendTasksOptions): Promise<{ sent: number; left: number }> {
	const queue = new TaskQueue(home);
	queue.removeLostLogs(new Date());
	const backoff = new Backoff(500, 10_000);
	const deadline = Date.now() + patienceMs;
	let sent = 0;
	for (;;) {
		const held = await withLock(queue.lockPath, { waitMs: 20_000 }, () => sendAll(queue, login, log));
		sent += held?.result.sent ?? 0;
		const left = queue.ids().length;
		if (left === 0 || held?.result.hopeless === true) return { sent, left };
		const waitMs = backoff.next(held?.result.retryAfterMs);
		if (Date.now() + waitMs > deadline) return { sent, left };
		await new Promise((resolve) => setTimeout(resolve, waitMs));
	}
}

interface Round {
	sent: number;
	/** There is no login: trying again changes nothing. */
	hopeless?: boolean;
	retryAfterMs?: number | undefined;
}

async function sendAll(queue: TaskQueue, login: Login, log: Log): Promise<Round> {
	let sent = 0;
	for (const id of queue.ids()) {
		try {
			if (await sendTask(queue, id, login, log)) sent += 1;
			queue.remove(id);
		} catch (error) {
			if (error instanceof NotPaired) return { sent, hopeless: true };
			if (isPassing(error)) return { sent, retryAfterMs: error.retryAfterMs };
			if (!(error instanceof ApiError)) throw error;
			// Refused for what it is: it would be refused for ever.
			log.warn(`the server refused a task: ${reasonOf(error)}`);
			queue.putRefusal(reasonOf(error));
			queue.remove(id);
		}
	}
	return { sent };
}

/** False for a file that is nothing of ours. */
async function sendTask(queue: TaskQueue, id: string, login: Login, log: Log): Promise<boolean> {
	const read = queuedTask.safeParse(queue.read(id));
	if (!read.success) return false;
	const task = read.data;
	if ("start" in task) await login.call((token) => login.api.startTask(token, task.start));
	const { outcome } = await login.call((token) => send(login, token, task));
	log.debug(`task ${id}: ${outcome}`);
	if ("end" in task && task.log !== undefined) {
		await sendLog({ queue, id, task: task.end.task_id, digest: task.log }, login, log);
	}
	return true;
}

function send({ api }: Login, token: string, queued: z.infer<typeof queuedTask>): Promise<Told> {
	if ("notification" in queued) return api.notify(token, queued.notification);
	return "end" in queued ? api.finishTask(token, queued.end) : api.updateTask(token, queued.update);
}
