import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { z } from "zod";
import type { SessionSummary, StopSession } from "../../src/contract/sessions.ts";
import { rowsOf } from "../db/client.ts";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";

const counted = z.object({
	duration_seconds: z.number().int(),
	messages_sent: z.number().int(),
	sms_sent: z.number().int(),
	errors_encountered: z.number().int(),
	limited: z.number().int(),
	/** Messages that are on their way at this moment. */
	open: z.number().int(),
});

/** The last message is often queued just before the stop; so long a summary waits for it. */
const patience = { polls: 10, everyMs: 150 };

/** Ends the monitoring and says what there was. The token is dead from here on; the letter stays the session's for 24 hours. */
export async function stopSession(
	deps: Deps,
	sessionId: string,
	{ reason, final_state }: Pick<StopSession, "reason" | "final_state">,
): Promise<SessionSummary> {
	const ended = await rowsOf(
		deps.db,
		z.object({ id: z.string() }),
		sql`update sessions set status = 'ended', ended_at = now(), end_reason = ${`${final_state}: ${reason}`}
			where id = ${sessionId} and status <> 'ended' returning id`,
	);
	if (ended.length === 0) throw new AppError("session_not_found", "This session is not monitored any more.");
	deps.inboxBus.notify(sessionId);
	let summary = await summarize(deps, sessionId);
	for (let polls = patience.polls; polls > 0 && summary.open > 0; polls--) {
		await sleep(patience.everyMs);
		summary = await summarize(deps, sessionId);
	}
	const { open: _, ...rest } = summary;
	return rest;
}

/** Counts since the session's last start. */
async function summarize(deps: Deps, sessionId: string): Promise<z.infer<typeof counted>> {
	const [row] = await rowsOf(
		deps.db,
		counted,
		sql`select
			greatest(0, extract(epoch from s.ended_at - s.started_at))::int as duration_seconds,
			(select count(*) from deliveries d where d.session_id = s.id and d.event_id is not null
				and d.created_at >= s.started_at and d.sent_at is not null)::int as messages_sent,
			(select count(*) from deliveries d where d.session_id = s.id and d.event_id is not null
				and d.created_at >= s.started_at and d.sent_at is not null and d.channel = 'sms')::int as sms_sent,
			(select count(*) from deliveries d where d.session_id = s.id and d.created_at >= s.started_at
				and (d.state = 'leased' or (d.state = 'pending' and d.attempts = 0)))::int as open,
			(select count(*) from events e where e.session_id = s.id
				and e.accepted_at >= s.started_at and e.type = 'error')::int as errors_encountered,
			(select count(*) from events e where e.session_id = s.id
				and e.accepted_at >= s.started_at and e.rate_limited)::int as limited
			from sessions s where s.id = ${sessionId}`,
	);
	if (row === undefined) throw new AppError("session_not_found", "There is no such session.");
	return row;
}
