import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "./db/client.ts";
import { reasonOf } from "./db/errors.ts";
import { arrayText, statement } from "./db/statement.ts";
import type { InboxBus, Log } from "./domain/deps.ts";

export interface InboxBusOptions {
	log: Log;
	/** How often the database is asked for what other instances stored and for leases that ran out. */
	pollMs?: number;
	/** Tells the other instances, where the session's companion may wait just as well. */
	tell?(sessionId: string): void;
}

export interface Watcher {
	/** There may be something, or the bus closes. */
	woken(): void;
}

export interface RunningInboxBus extends InboxBus {
	/** Wakes `watcher` at each notify of the session until `unwatch`. */
	watch(sessionId: string, watcher: Watcher): void;
	unwatch(sessionId: string, watcher: Watcher): void;
	/** Wakes those who wait here, after another instance told. */
	wake(sessionId: string): void;
	/** Wakes everybody for good: a long-poll must not hold up a shutdown. */
	close(): Promise<void>;
}

/** In-process wake-ups, and one query a second per instance (not per waiter), only while somebody waits. */
export function createInboxBus(db: Db, { log, pollMs = 1000, tell }: InboxBusOptions): RunningInboxBus {
	const waiting = new Map<string, Set<Watcher>>();
	let timer: NodeJS.Timeout | undefined;
	let polling: Promise<void> = Promise.resolve();
	let closed = false;
	let failing = false;

	function wake(sessionId: string): void {
		for (const watcher of [...(waiting.get(sessionId) ?? [])]) watcher.woken();
	}

	function notify(sessionId: string): void {
		wake(sessionId);
		tell?.(sessionId);
	}

	async function poll(): Promise<void> {
		const offered = await offeredOf(db, { sessions: arrayText([...waiting.keys()]) });
		for (const { session_id } of offered) wake(session_id);
	}

	function noteFailure(error: unknown): void {
		// Once until it works again: the next poll comes in a second.
		if (!failing) log.warn({ reason: reasonOf(error) }, "inbox poll failed");
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

	function watch(sessionId: string, watcher: Watcher): void {
		const watchers = waiting.get(sessionId) ?? new Set();
		watchers.add(watcher);
		waiting.set(sessionId, watchers);
		schedule();
	}

	function unwatch(sessionId: string, watcher: Watcher): void {
		const watchers = waiting.get(sessionId);
		watchers?.delete(watcher);
		if (watchers?.size === 0) waiting.delete(sessionId);
	}

	async function close(): Promise<void> {
		closed = true;
		for (const sessionId of [...waiting.keys()]) wake(sessionId);
		if (timer !== undefined) clearTimeout(timer);
		await polling;
	}

	const wait = (sessionId: string, ms: number, signal: AbortSignal) =>
		closed || signal.aborted ? Promise.resolve() : oneWake({ watch, unwatch }, { sessionId, ms, signal });
	return { notify, wake, watch, unwatch, wait, close };
}

/** Resolves at the next wake of the session, after so long, or at the signal. */
function oneWake(
	{ watch, unwatch }: Pick<RunningInboxBus, "watch" | "unwatch">,
	{ sessionId, ms, signal }: { sessionId: string; ms: number; signal: AbortSignal },
): Promise<void> {
	const { promise, resolve } = Promise.withResolvers<void>();
	const watcher = { woken: finish };
	const deadline = setTimeout(finish, ms);
	function finish(): void {
		clearTimeout(deadline);
		signal.removeEventListener("abort", finish);
		unwatch(sessionId, watcher);
		resolve();
	}
	signal.addEventListener("abort", finish, { once: true });
	watch(sessionId, watcher);
	return promise;
}

/** Those of the sessions whose inbox has something to offer. */
const offeredOf = statement(
	z.object({ session_id: z.string() }),
	["sessions"],
	(p) => sql`select distinct session_id from inbox
		where session_id = any(${p.sessions}::uuid[]) and expires_at > now()
		and (state = 'queued' or (state in ('leased', 'delivered') and lease_until <= now()))`,
);
