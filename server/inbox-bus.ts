import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "./db/client.ts";
import type { InboxBus, Log } from "./domain/deps.ts";

export interface InboxBusOptions {
	log: Log;
	/** How often the database is asked for what other instances stored and for leases that ran out. */
	pollMs?: number;
}

export interface RunningInboxBus extends InboxBus {
	/** Wakes everybody for good: a long-poll must not hold up a shutdown. */
	close(): Promise<void>;
}

const offered = z.object({ session_id: z.string() });

/** In-process wake-ups, and one query a second per instance (not per waiter), only while somebody waits. */
export function createInboxBus(db: Db, { log, pollMs = 1000 }: InboxBusOptions): RunningInboxBus {
	const waiting = new Map<string, Set<() => void>>();
	let timer: NodeJS.Timeout | undefined;
	let polling: Promise<void> = Promise.resolve();
	let closed = false;
	let failing = false;

	function notify(sessionId: string): void {
		for (const wake of [...(waiting.get(sessionId) ?? [])]) wake();
	}

	async function poll(): Promise<void> {
		for (const sessionId of await offeredOf(db, [...waiting.keys()])) notify(sessionId);
	}

	function noteFailure(error: unknown): void {
		// Once until it works again: the next poll comes in a second.
		if (!failing) log.warn({ reason: error instanceof Error ? error.message : "unknown" }, "inbox poll failed");
		failing = true;
	}

	function schedule(): void {
		if (closed || timer !== undefined || waiting.size === 0) return;
		timer = setTimeout(() => {
			if (waiting.size === 0) {
				timer = undefined;
				return;
			}
			polling = poll()
				.then(() => {
					failing = false;
				}, noteFailure)
				.finally(() => {
					timer = undefined;
					schedule();
				});
		}, pollMs);
	}

	function wait(sessionId: string, ms: number, signal: AbortSignal): Promise<void> {
		if (closed || signal.aborted) return Promise.resolve();
		const { promise, resolve } = Promise.withResolvers<void>();
		const waiters = waiting.get(sessionId) ?? new Set();
		const deadline = setTimeout(finish, ms);
		function finish(): void {
			clearTimeout(deadline);
			signal.removeEventListener("abort", finish);
			waiters.delete(finish);
			if (waiters.size === 0) waiting.delete(sessionId);
			resolve();
		}
		waiters.add(finish);
		waiting.set(sessionId, waiters);
		signal.addEventListener("abort", finish, { once: true });
		schedule();
		return promise;
	}

	async function close(): Promise<void> {
		closed = true;
		for (const sessionId of [...waiting.keys()]) notify(sessionId);
		if (timer !== undefined) clearTimeout(timer);
		await polling;
	}

	return { notify, wait, close };
}

/** Those of the sessions whose inbox has something to offer. */
async function offeredOf(db: Db, sessionIds: readonly string[]): Promise<string[]> {
	const ids = sql.join(
		sessionIds.map((id) => sql`${id}::uuid`),
		sql`, `,
	);
	const rows = await rowsOf(
		db,
		offered,
		sql`select distinct session_id from inbox
			where session_id in (${ids}) and expires_at > now()
			and (state = 'queued' or (state in ('leased', 'delivered') and lease_until <= now()))`,
	);
	return rows.map((row) => row.session_id);
}
