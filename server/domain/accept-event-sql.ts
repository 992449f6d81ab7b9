import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { eventAccepted, eventOutcomes, type ReportEvent } from "../../src/contract/events.ts";
import { rowsOf } from "../db/client.ts";
import type { EventSession } from "./accept-event.ts";
import type { Deps } from "./deps.ts";
import { type EventLimits, mutedTypes } from "./limits.ts";

export interface GivenEvent {
	session: EventSession;
	event: ReportEvent;
	limits: EventLimits;
}

const acceptedRow = z.object({
	outcome: z.enum(eventOutcomes),
	channels: eventAccepted.shape.channels,
	/** Milliseconds since 1970; null when nothing was limited. */
	next_allowed_ms: z.number().nullable(),
	retry_after: z.number().int().nullable(),
});
export type AcceptedRow = z.infer<typeof acceptedRow>;

/** More addresses than anybody has; each needs an id before the statement knows how many there are. */
const maxAddresses = 10;

const seconds = (count: number) => sql`${count} * interval '1 second'`;

/** Channels of this server with their class, as rows; the first keeps VALUES from being empty where there is none. */
function channelRows({ channels }: Pick<Deps, "channels">): SQL {
	const rows = [...channels.values()].map(
		({ name, metered }) => sql`(${name}::text, ${metered ? "metered" : "free"}::text)`,
	);
	return sql`(values ${sql.join([sql`('', '')`, ...rows], sql`, `)})`;
}

/** Cap and window of the event's type for the class that `column` names. */
function rule({ event, limits }: GivenEvent, column: SQL): { cap: number; window: SQL } {
	const { window, urgent } = limits;
	if (urgent.types.includes(event.type)) return { cap: urgent.count, window: seconds(urgent.window) };
	const perClass = sql`case ${column} when 'metered' then ${window.metered}::int else ${window.free}::int end`;
	return { cap: 1, window: sql`${perClass} * interval '1 second'` };
}

/**
 * One statement: either all of it happens or, for a taken id, none. Undefined when the id was there before.
 * `day` is locked before the session's slots, and the slots in the order of their class, so that two events wait for each other and do not deadlock.
 */
export async function insertEvent(deps: Deps, given: GivenEvent): Promise<AcceptedRow | undefined> {
	const { session, event, limits } = given;
	const scope = sql`${`session:${session.id}`}::text`;
	const dayScope = sql`${`user:${session.userId}`}::text`;
	const dayOver = sql`s.window_started_at <= now() - ${seconds(limits.sms.window)}`;
	const { cap, window } = rule(given, sql`s.class`);
	const over = sql`s.window_started_at <= now() - ${window}`;
	const free = sql`(excluded.held = 0 and (${over} or s.used < ${cap}::int))`;
	const ids = sql.join(
		Array.from({ length: maxAddresses }, (_, n) => sql`(${n + 1}::int, ${deps.id()}::uuid)`),
		sql`, `,
	);
	const [row] = await rowsOf(
		deps.db,
		acceptedRow,
		sql`with
		fresh as (
			select where not exists (select from events where session_id = ${session.id} and id = ${event.id})
		),
		addresses as (
			select i.id, i.channel, c.class, i.opted_out_at is not null as opted_out,
				row_number() over (order by i.position, i.id)::int as n
			from fresh, identities i join ${channelRows(deps)} as c (channel, class) on c.channel = i.channel
			where i.user_id = ${session.userId} and ${!mutedTypes.includes(event.type)}::boolean
			order by n limit ${maxAddresses}
		),
		day as (
			select used, window_started_at from rate_slots s
			where scope = ${dayScope} and kind = 'day' and class = 'sms' and not (${dayOver})
				and exists (select from addresses where channel = 'sms' and not opted_out)
			for update
		),
		reach as (
			select a.*, a.channel = 'sms' and exists (select from day where used >= ${limits.sms.count}::int) as capped
			from addresses a where not opted_out
		),
		slots as (
			insert into rate_slots as s (scope, kind, class, used, held)
			select ${scope}, ${event.type}::text, class, (not bool_and(capped))::int, bool_and(capped)::int
				from reach group by class order by class
			on conflict (scope, kind, class) do update set
				held_before = case when ${free} then s.held else s.held_before end,
				held_since = case when ${free} then s.window_started_at else s.held_since end,
				held = case when ${free} then 0 else s.held + 1 end,
				used = case when not ${free} then s.used when ${over} then 1 else s.used + 1 end,
				window_started_at = case when ${free} and ${over} then now() else s.window_started_at end
			returning class, held = 0 as taken, held_before, held_since, window_started_at + ${window} as ends_at
		),
		daily as (
			insert into rate_slots as s (scope, kind, class, used)
			select ${dayScope}, 'day', 'sms', count(*) from reach join slots using (class)
				where channel = 'sms' and taken and not capped having count(*) > 0
			on conflict (scope, kind, class) do update set
				used = case when ${dayOver} then excluded.used else s.used + excluded.used end,
				window_started_at = case when ${dayOver} then now() else s.window_started_at end
				where ${dayOver} or s.used < ${limits.sms.count}::int
			returning used
		),
		open as (
			select r.*, s.held_before, s.held_since from reach r join slots s using (class)
			where s.taken and not r.capped and (r.channel <> 'sms' or exists (select from daily))
		),
		event as (
			insert into events (id, session_id, type, occurred_at, details, outcome, rate_limited)
			select ${event.id}::uuid, ${session.id}::uuid, ${event.type}::text, ${event.occurred_at}::timestamptz,
				${JSON.stringify(event.details)}::jsonb, o.outcome, o.outcome = 'limited'
			from fresh, (select case
				when exists (select from open) then 'queued'
				when exists (select from reach) then 'limited'
				else 'muted' end as outcome) o
			returning outcome
		),
		queued as (
			insert into deliveries (id, user_id, identity_id, channel, session_id, event_id, held_before, held_since, deadline_at)
			select ids.id, ${session.userId}::uuid, o.id, o.channel, ${session.id}::uuid, ${event.id}::uuid,
				o.held_before, case when o.held_before > 0 then o.held_since end, now() + ${seconds(limits.deadline)}
			from event, open o join (values ${ids}) as ids (n, id) using (n)
			returning identity_id
		),
		answers as (
			select a.n, a.channel, case when a.opted_out then 'opted_out' when o.id is not null then 'queued' else 'limited' end as outcome,
				case when a.opted_out or o.id is not null then null
					when r.capped then (select d.window_started_at + ${seconds(limits.sms.window)} from day d)
					else s.ends_at end as next_at
			from addresses a left join open o using (id) left join reach r using (id) left join slots s on s.class = a.class
		)
		select event.outcome,
			coalesce((select json_agg(json_build_object('channel', channel, 'outcome', outcome) order by n) from answers), '[]') as channels,
			(extract(epoch from (select min(next_at) from answers)) * 1000)::float8 as next_allowed_ms,
			ceil(extract(epoch from (select min(next_at) from answers) - now()))::int as retry_after
		from event, (select count(*) from queued) q`,
	);
	return row;
}

/** The answer that an event got when it came first. */
export async function readEvent(deps: Deps, given: GivenEvent): Promise<AcceptedRow> {
	const { session, event } = given;
	const { window } = rule(given, sql`s.class`);
	const [row] = await rowsOf(
		deps.db,
		acceptedRow,
		sql`with answers as (
			select i.position, i.channel, c.class,
				case when d.id is not null then 'queued' when i.opted_out_at is not null then 'opted_out' else 'limited' end as outcome
			from identities i join ${channelRows(deps)} as c (channel, class) on c.channel = i.channel
			left join deliveries d on d.identity_id = i.id and d.session_id = ${session.id} and d.event_id = ${event.id}
			where i.user_id = ${session.userId}
		),
		stored as (select outcome, type from events where session_id = ${session.id} and id = ${event.id}),
		next as (
			select min(greatest(s.window_started_at + ${window}, now())) as at
			from stored join rate_slots s on s.scope = ${`session:${session.id}`} and s.kind = stored.type
			where s.class in (select class from answers where outcome = 'limited')
		)
		select stored.outcome,
			coalesce((select json_agg(json_build_object('channel', channel, 'outcome', outcome) order by position)
				from answers where stored.outcome <> 'muted' or outcome = 'opted_out'), '[]') as channels,
			case when stored.outcome = 'muted' then null else (extract(epoch from next.at) * 1000)::float8 end as next_allowed_ms,
			case when stored.outcome = 'muted' then null else ceil(extract(epoch from next.at - now()))::int end as retry_after
		from stored, next`,
	);
	if (row === undefined) throw new Error("An event that was a duplicate is not stored.");
	return row;
}
