import type { EventAccepted, ReportEvent } from "../../src/contract/events.ts";
import { retryDeadlock, sqlState, uniqueViolation } from "../db/errors.ts";
import { type AcceptedRow, type GivenEvent, insertEvent } from "./accept-event-sql.ts";
import type { Deps } from "./deps.ts";
import { holdEvent } from "./hold-event.ts";
import { channelRules, type EventLimits, eventLimits } from "./limits.ts";
import { endOfDay } from "./local-day.ts";
import { decide, type Policy } from "./policy.ts";
import { readPolicy } from "./policy-row.ts";
import { readPolicySettings } from "./policy-settings.ts";
import { readEvent } from "./read-event.ts";

/** The session that an event belongs to. */
export interface EventSession {
	id: string;
	userId: string;
	/** As it was read a moment ago; without it, it is read now. */
	policy?: Policy | undefined;
}

/**
 * Takes an event: stored, its rate-limit slots taken and its messages in the outbox, all in one statement, or nothing of it.
 * In quiet hours, while muted and where somebody is there it is stored alone, and takes no slot.
 * The same id again changes nothing and gets the first one's answer (outcome `duplicate`), even if the rest of it differs.
 */
export async function acceptEvent(
	deps: Deps,
	session: EventSession,
	event: ReportEvent,
	limits: EventLimits = eventLimits,
): Promise<EventAccepted> {
	const policy = session.policy ?? (await readPolicy(deps.db, session.id));
	const decision = decide(policy, event);
	const delaySeconds = decision.outcome === "send" ? decision.delaySeconds : 0;
	const rules = channelRules(deps.channels, event.type, limits, readPolicySettings(policy.settings));
	// Claude's own words must not wait for what is told every now and then.
	const slot = event.details.running_seconds === undefined ? event.type : "running";
	const dayEnd = endOfDay(policy.timeZone, policy.now);
	const given: GivenEvent = { session, event, limits, slot, rules, delaySeconds, dayEnd };
	const inserted = await insertOnce(() =>
		decision.outcome === "send" ? insertEvent(deps, given) : holdEvent(deps.db, session, event, decision),
	);
	if (inserted === undefined) return answer(given, "duplicate", await readEvent(deps, given));
	if (inserted.outcome === "queued" && delaySeconds === 0) deps.wakeOutbox();
	return answer(given, inserted.outcome, inserted);
}

/** Undefined when the id is taken; a report of the same id at the same moment rolls this one back, slots and all. */
async function insertOnce(insert: () => Promise<AcceptedRow | undefined>): Promise<AcceptedRow | undefined> {
	try {
		return await retryDeadlock(insert);
	} catch (error) {
		if (sqlState(error) === uniqueViolation) return undefined;
		throw error;
	}
}

function answer(
	{ event, delaySeconds }: GivenEvent,
	outcome: EventAccepted["outcome"],
	row: AcceptedRow,
): EventAccepted {
	const next = row.next_allowed_ms;
	return {
		event_id: event.id,
		outcome,
		why: row.why,
		delay: row.outcome === "queued" ? delaySeconds : 0,
		channels: row.channels,
		rate_limited: row.outcome === "limited",
		next_allowed_at: next === null ? null : new Date(next).toISOString(),
		retry_after: row.retry_after,
	};
}
