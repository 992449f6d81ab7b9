import { type SQL, sql } from "drizzle-orm";
import { statement } from "../db/statement.ts";
import { type AcceptedRow, acceptedRow, type GivenEvent, ruleValues } from "./accept-event-sql.ts";
import type { Deps } from "./deps.ts";

/** The rules as rows: each channel of this server with its class, and of each class how many in which time. */
const ruleRows = (rules: SQL) => sql`rules as (
		select channel, class, cap, span * interval '1 second' as span
		from json_to_recordset(${rules}::json) as r (channel text, class text, cap int, span float8)
	),
	classes as (select distinct on (class) class, cap, span from rules)`;

const read = statement(
	acceptedRow,
	["session", "user", "event", "slot", "rules"],
	(p) => sql`with ${ruleRows(p.rules)},
		answers as (
			select i.position, i.channel, r.class,
				case when d.id is not null then 'queued' when i.opted_out_at is not null then 'opted_out' else 'limited' end as outcome
			from identities i join rules r on r.channel = i.channel
			left join deliveries d on d.identity_id = i.id and d.session_id = ${p.session}::uuid and d.event_id = ${p.event}::uuid
			where i.user_id = ${p.user}::uuid and (i.removed_at is null or d.id is not null)
		),
		stored as (select outcome, why from events where session_id = ${p.session}::uuid and id = ${p.event}::uuid),
		next as (
			select min(greatest(s.window_started_at + c.span, now())) as at
			from stored join rate_slots s on s.scope = 'session:' || ${p.session}::text and s.kind = ${p.slot}::text
			join classes c on c.class = s.class
			where s.class in (select class from answers where outcome = 'limited')
		)
		select stored.outcome, stored.why,
			coalesce((select json_agg(json_build_object('channel', channel, 'outcome', outcome) order by position)
				from answers where stored.outcome in ('queued', 'limited') or (outcome = 'opted_out' and stored.why is null)), '[]') as channels,
			case when stored.outcome in ('queued', 'limited') then (extract(epoch from next.at) * 1000)::float8 end as next_allowed_ms,
			case when stored.outcome in ('queued', 'limited') then ceil(extract(epoch from next.at - now()))::int end as retry_after
		from stored, next`,
);

/** The answer that an event got when it came first. */
export async function readEvent(deps: Deps, { session, event, slot, rules }: GivenEvent): Promise<AcceptedRow> {
	const [row] = await read(deps.db, {
		session: session.id,
		user: session.userId,
		event: event.id,
		slot,
		rules: JSON.stringify(ruleValues(rules)),
	});
	if (row === undefined) throw new Error("An event that was a duplicate is not stored.");
	return row;
}
