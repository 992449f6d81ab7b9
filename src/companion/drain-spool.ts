import type { ApiClient, SessionAccess } from "../api-client.ts";
import { ApiError, isGone, isPassing } from "../api-errors.ts";
import type { EventAccepted, ReportEvent } from "../contract/events.ts";
import { type Log, reasonOf } from "../log.ts";
import { withLock } from "../state/lock.ts";
import type { Spool } from "../state/spool.ts";

export interface DrainOptions {
	spool: Spool;
	session: SessionAccess;
	api: Pick<ApiClient, "reportEvent">;
	log: Log;
	signal?: AbortSignal;
	onAnswer?: (event: ReportEvent, answer: EventAccepted | undefined) => void;
}

/** `busy`: another process is at it. `away`: the server gave no answer. `gone`: the session is over on the server. */
export type Drained =
	| { state: "empty" }
	| { state: "busy" }
	| { state: "gone" }
	| { state: "away"; reason: string; retryAfterMs?: number | undefined };

/** Sends what the spool holds, in order and with the ids that it has; one process at a time. */
export async function drainSpool(options: DrainOptions): Promise<Drained> {
	const { spool, log } = options;
	spool.reload();
	if (spool.size === 0) return { state: "empty" };
	try {
		const held = await withLock(spool.path, { waitMs: 0, staleMs: 5000 }, () => sendAll(options));
		return held?.result ?? { state: "busy" };
	} catch (error) {
		// A disk that cannot hold the lock must not hold the events back; their ids keep them from counting twice.
		log.warn(`the spool cannot be locked: ${reasonOf(error)}`);
		return sendAll(options);
	}
}

async function sendAll({ spool, session, api, log, signal, onAnswer }: DrainOptions): Promise<Drained> {
	spool.reload();
	for (let event = spool.first(); event !== undefined; event = spool.first()) {
		try {
			const answer = await api.reportEvent(session, event, signal);
			spool.settle(event.id);
			log.debug(`event ${event.type} ${event.id}: ${answer.outcome}`);
			onAnswer?.(event, answer);
		} catch (error) {
			if (isPassing(error)) return { state: "away", reason: error.message, retryAfterMs: error.retryAfterMs };
			if (isGone(error)) {
				spool.discard();
				return { state: "gone" };
			}
			if (!(error instanceof ApiError)) throw error;
			// Refused for what it is: it would be refused for ever, and hold back all that follow.
			log.warn(`the server refused event ${event.type}: ${error.message} (request ${error.requestId})`);
			spool.settle(event.id);
			onAnswer?.(event, undefined);
		}
	}
	return { state: "empty" };
}
