import { sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { type Silence, silence } from "../domain/policy.ts";
import type { Claimed } from "./claim.ts";

/** Mute and quiet hours count for a message that waited, was tried in vain or fell to this channel, too. Undefined when it may leave. */
export function silenceOf({ type, details, silencing, time_zone }: Claimed): Silence | undefined {
	if (silencing === null || type === null || details === null) return undefined;
	const dateOf = (ms: number | null) => (ms === null ? null : new Date(ms));
	const policy = {
		now: new Date(silencing.now_ms),
		timeZone: time_zone,
		settings: silencing.settings,
		mutedUntil: dateOf(silencing.muted_ms),
		sessionMutedUntil: dateOf(silencing.session_muted_ms),
	};
	return silence(policy, { type, details });
}

/**
 * Ends a message that may not leave now: no other channel takes over. Where no other brought the event, it is told in the digest when
 * the silence ends. Resolves with the number of the claim.
 */
export async function holdBack(db: Db, { id, attempts }: Claimed, held: Silence): Promise<number> {
	const at = sql`${held.digestAt?.toISOString() ?? null}::timestamptz`;
	// The user's row comes last: whoever is making a digest of theirs holds it, and would else forget this event.
	await db.execute(
		sql`with ended as (
			update deliveries set state = 'dropped', error = ${held.why}, settled_at = now(), lease_until = null, updated_at = now()
			where id = ${id} and state = 'leased' and attempts = ${attempts} returning id, user_id, session_id, event_id
		),
		silent as (
			update events e set outcome = ${held.outcome}, why = ${held.why}, digest_due = ${held.digestAt !== undefined}
			from ended where e.session_id = ended.session_id and e.id = ended.event_id and not exists (
				select from deliveries o where o.session_id = e.session_id and o.event_id = e.id and o.id <> ended.id
					and o.state in ('sent', 'delivered')
			)
			returning ended.user_id
		)
		update users set digest_at = least(digest_at, ${at}) from silent where users.id = silent.user_id and ${at} is not null`,
	);
	return attempts;
}
