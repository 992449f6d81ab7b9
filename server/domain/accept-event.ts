import type { EventAccepted, ReportEvent } from "../../src/contract/events.ts";
import { retryDeadlock, sqlState, uniqueViolation } from "../db/errors.ts";
import { type AcceptedRow, insertEvent, readEvent } from "./accept-event-sql.ts";
import type { Deps } from "./deps.ts";
import { type EventLimits, eventLimits } from "./limits.ts";

/** The session that an event belongs to. */
export interface EventSession {
	id: string;
	userId: string;
}

/**
 * Takes an event: stored, its rate-limit slots taken and its messages in the outbox, all in one statement, or nothing of it.
 * The same id again changes nothing and gets the first one's answer (outcome `duplicate`), even if the rest of it differs.
 */
export async function acceptEvent(
	deps: Deps,
	session: EventSession,
	event: ReportEvent,
	limits: EventLimits = eventLimits,
): Promise<EventAccepted> {
	const given = { session, event, limits };
	const inserted = await retryDeadlock(() => insertOnce(deps, given));
	if (inserted === undefined) return answer(event.id, "duplicate", await readEvent(deps, given));
	if (inserted.outcome === "queued") deps.wakeOutbox();
	return answer(event.id, inserted.outcome, inserted);
}

/** Undefined when the id is taken; a report of the same id at the same moment rolls this one back, slots and all. */
async function insertOnce(deps: Deps, given: Parameters<typeof insertEvent>[1]): Promise<AcceptedRow | undefined> {
	try {
		return await insertEvent(deps, given);
	} catch (error) {
		if (sqlState(error) === uniqueViolation) return undefined;
		throw error;
	}
}

function answer(eventId: string, outcome: EventAccepted["outcome"], row: AcceptedRow): EventAccepted {
	const next = row.next_allowed_ms;
	return {
		event_id: eventId,
		outcome,
		channels: row.channels,
		rate_limited: row.outcome === "limited",
		next_allowed_at: next === null ? null : new Date(next).toISOString(),
		retry_after: row.retry_after,
	};
}
