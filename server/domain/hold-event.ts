import { sql } from "drizzle-orm";
import { z } from "zod";
import type { ReportEvent } from "../../src/contract/events.ts";
import { type Db, rowsOf } from "../db/client.ts";
import type { EventSession } from "./accept-event.ts";
import type { AcceptedRow } from "./accept-event-sql.ts";
import type { Decision } from "./policy.ts";

type Silence = Exclude<Decision, { outcome: "send" }>;

/**
 * Stores an event that nobody is told of now, and when to look for its digest: one statement. Undefined when the id was there before.
 * The user's row is written whatever stands in it: so this waits for a digest that is just being made, and is not forgotten by it.
 */
export async function holdEvent(
	db: Pick<Db, "execute">,
	session: Pick<EventSession, "id" | "userId">,
	event: ReportEvent,
	{ outcome, why, digestAt }: Silence,
): Promise<AcceptedRow | undefined> {
	const at = sql`${digestAt?.toISOString() ?? null}::timestamptz`;
	const stored = await rowsOf(
		db,
		z.object({ id: z.string() }),
		sql`with
		event as (
			insert into events (id, session_id, type, occurred_at, details, outcome, why, digest_due)
			values (${event.id}::uuid, ${session.id}::uuid, ${event.type}::text, ${event.occurred_at}::timestamptz,
				${JSON.stringify(event.details)}::jsonb, ${outcome}::text, ${why}::text, ${digestAt !== undefined}::boolean)
			on conflict (session_id, id) do nothing
			returning id
		),
		due as (
			update users set digest_at = least(digest_at, ${at}) from event
			where users.id = ${session.userId} and ${at} is not null
		)
		select id from event`,
	);
	if (stored.length === 0) return undefined;
	return { outcome, why, channels: [], next_allowed_ms: null, retry_after: null };
}
