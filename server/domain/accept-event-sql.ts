import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { maxChannels } from "../../src/contract/channels.ts";
import { eventAccepted, eventOutcomes, type ReportEvent } from "../../src/contract/events.ts";
import { statement } from "../db/statement.ts";
import { togetherFor } from "../db/together.ts";
import type { EventSession } from "./accept-event.ts";
import type { Deps } from "./deps.ts";
import { type ChannelRule, type EventLimits, eventLimits } from "./limits.ts";

export interface GivenEvent {
	session: Pick<EventSession, "id" | "userId">;
	event: ReportEvent;
	limits: EventLimits;
	/** Whose window it falls into: its type's, but for what is told by itself every now and then. */
	slot: string;
	/** Of each channel of this server, for the event's type. */
	rules: readonly ChannelRule[];
	/** The messages wait so long, and are dropped if the person does something at the computer meanwhile. */
	delaySeconds: number;
	/** When the user's day ends, and with it what may be sent a day. */
	dayEnd: Date;
}

export const acceptedRow = z.object({
	outcome: z.enum(eventOutcomes),
	why: z.string().nullable().default(null),
	channels: eventAccepted.shape.channels,
	/** Milliseconds since 1970; null when nothing was limited. */
	next_allowed_ms: z.number().nullable(),
	retry_after: z.number().int().nullable(),
});
export type AcceptedRow = z.infer<typeof acceptedRow>;

/** An id for each message, before it is known how many there will be. They differ in the last digit: making one takes its time. */
function siblingIds(id: string): string[] {
	return Array.from({ length: maxChannels }, (_, n) => `${id.slice(0, -1)}${n.toString(16)}`);
}

/** A day's window is laid so that it ends with the user's day. Whoever travels east has no second day within 22 hours. */
const dayOver = (dayBegin: SQL, dayLength: SQL) =>
	sql`s.window_started_at <= greatest(${dayBegin} - interval '22 hours', now() - ${dayLength})`;

/**
 * One statement for the events of different users: either all of it happens or, for a taken id, none of that event. No row for an id that was there before.
 * `day` is locked before the sessions' slots, and each in the order of its key, so that two statements wait for each other and do not deadlock.
 */
const insert = statement(acceptedRow.extend({ session_id: z.string() }), ["events", "smsCount", "smsSeconds"], (p) => {
	const dayLength = sql`${p.smsSeconds}::float8 * interval '1 second'`;
	const over = dayOver(sql`excluded.window_started_at`, dayLength);
	return sql`with
		given as materialized (
			select g.*, 'user:' || g.user as day_scope, 'session:' || g.session as scope, day_end - ${dayLength} as day_begin
			from json_to_recordset(${p.events}::json) as g (id uuid, session uuid, "user" uuid, type text, slot text, occurred_at timestamptz,
				details jsonb, rules json, ids uuid[], day_end timestamptz, deadline float8, delay float8)
			where not exists (select from events e where e.session_id = g.session and e.id = g.id offset 0)
		),
		rules as materialized (
			select g.scope, r.channel, r.class, r.cap, r.span * interval '1 second' as span
			from given g, json_to_recordset(g.rules) as r (channel text, class text, cap int, span float8)
		),
		classes as (select distinct on (scope, class) scope, class, cap, span from rules),
		addresses as materialized (
			select g.scope, i.*, r.class
			from given g cross join lateral (
				select id, channel, opted_out_at is not null as opted_out, row_number() over (order by position, id)::int as n
				from identities where user_id = g.user and removed_at is null and exists (select from rules o where o.scope = g.scope and o.channel = identities.channel)
				order by n limit ${sql.raw(String(maxChannels))}
			) i join rules r on r.channel = i.channel and r.scope = g.scope
		),
		day as materialized (
			select g.scope, s.used, s.window_started_at from given g, lateral (
				select used, window_started_at from rate_slots s
				where s.scope = g.day_scope and kind = 'day' and class = 'sms' and not (${dayOver(sql`g.day_begin`, dayLength)})
				limit 1 for update
			) s
			where exists (select from addresses a where a.scope = g.scope and channel = 'sms' and not opted_out offset 0)
		),
		reach as materialized (
			select a.*, a.channel = 'sms' and exists (select from day where day.scope = a.scope and used >= ${p.smsCount}::int) as capped
			from addresses a where not opted_out
		),
		slots as (
			insert into rate_slots as s (scope, kind, class, used, held)
			select scope, slot, class, (not bool_and(capped))::int, bool_and(capped)::int
				from reach join given g using (scope) group by scope, slot, class order by scope, class
			on conflict (scope, kind, class) do update set (held_before, held_since, held, used, window_started_at) = (
				select
					case when free then s.held else s.held_before end,
					case when free then s.window_started_at else s.held_since end,
					case when free then 0 else s.held + 1 end,
					case when not free then s.used when over then 1 else s.used + 1 end,
					case when free and over then now() else s.window_started_at end
				from (
					select over, excluded.held = 0 and (over or s.used < cap) as free
					from (select s.window_started_at <= now() - span as over, cap from classes where scope = s.scope and class = s.class) own
				) slot
			)
			returning scope, class, held = 0 as taken, held_before, held_since, window_started_at
		),
		daily as (
			insert into rate_slots as s (scope, kind, class, used, window_started_at)
			select g.day_scope, 'day', 'sms', count(*), g.day_begin from given g join reach using (scope) join slots using (scope, class)
				where channel = 'sms' and taken and not capped group by g.day_scope, g.day_begin order by g.day_scope
			on conflict (scope, kind, class) do update set
				used = case when ${over} then excluded.used else s.used + excluded.used end,
				window_started_at = case when ${over} then excluded.window_started_at else s.window_started_at end
				where ${over} or s.used < ${p.smsCount}::int
			returning scope
		),
		open as materialized (
			select r.*, s.held_before, s.held_since from reach r join slots s using (scope, class) join given g using (scope)
			where s.taken and not r.capped and (r.channel <> 'sms' or exists (select from daily where daily.scope = g.day_scope))
		),
		event as (
			insert into events (id, session_id, type, occurred_at, details, outcome, rate_limited)
			select g.id, g.session, g.type, g.occurred_at, g.details, o.outcome, o.outcome = 'limited'
			from given g, lateral (select case
				when exists (select from open where open.scope = g.scope) then 'queued'
				when exists (select from reach where reach.scope = g.scope) then 'limited'
				else 'muted' end as outcome) o
			order by g.session
			returning session_id, outcome
		),
		queued as (
			insert into deliveries (id, user_id, identity_id, channel, session_id, event_id, held_before, held_since, deadline_at,
				next_attempt_at, unless_attended)
			select g.ids[o.n], g.user, o.id, o.channel, g.session, g.id,
				o.held_before, case when o.held_before > 0 then o.held_since end,
				now() + g.deadline * interval '1 second', now() + g.delay * interval '1 second', g.delay > 0
			from given g join open o using (scope)
			returning identity_id
		),
		answers as materialized (
			select a.scope, a.n, a.channel, case when a.opted_out then 'opted_out' when o.id is not null then 'queued' else 'limited' end as outcome,
				case when a.opted_out or o.id is not null then null
					when r.capped then (select d.window_started_at + ${dayLength} from day d where d.scope = a.scope)
					else s.window_started_at + c.span end as next_at
			from addresses a left join open o on o.scope = a.scope and o.id = a.id left join reach r on r.scope = a.scope and r.id = a.id
			left join slots s on s.scope = a.scope and s.class = a.class left join classes c on c.scope = a.scope and c.class = a.class
		)
		select event.session_id, event.outcome, coalesce(told.channels, '[]') as channels,
			(extract(epoch from told.next_at) * 1000)::float8 as next_allowed_ms, ceil(extract(epoch from told.next_at - now()))::int as retry_after
		from event, (select count(*) from queued) q, lateral (
			select json_agg(json_build_object('channel', channel, 'outcome', outcome) order by n) as channels, min(next_at) as next_at
			from answers where answers.scope = 'session:' || event.session_id
		) told`;
});

interface Insertion {
	given: GivenEvent;
	/** For its messages. */
	ids: string[];
}

/** The events of different users, all with the same limits: what became of each; undefined when its id was there before. */
async function insertAll(db: Deps["db"], insertions: readonly Insertion[]): Promise<(AcceptedRow | undefined)[]> {
	// Each statement locks users in this order.
	const events = insertions.toSorted((a, b) => (a.given.session.userId < b.given.session.userId ? -1 : 1));
	const { sms, deadline } = events[0]?.given.limits ?? eventLimits;
	const rows = events.map(({ ids, given: { session, event, slot, rules, delaySeconds, dayEnd } }) => ({
		id: event.id,
		session: session.id,
		user: session.userId,
		type: event.type,
		slot,
		occurred_at: event.occurred_at,
		details: event.details,
		rules: ruleValues(rules),
		ids,
		day_end: dayEnd.toISOString(),
		deadline: deadline[event.type] ?? deadline.usual,
		delay: delaySeconds,
	}));
	const stored = await insert(db, { events: JSON.stringify(rows), smsCount: sms.count, smsSeconds: sms.window });
	const bySession = new Map(stored.map(({ session_id, ...row }) => [session_id, row]));
	return insertions.map(({ given }) => bySession.get(given.session.id));
}

const insertTogether = togetherFor((db: Deps["db"]) => ({
	run: (insertions: readonly Insertion[]) => insertAll(db, insertions),
	fits: (insertions, { given: next }) =>
		insertions.every(
			(other) => other.given.limits === next.limits && other.given.session.userId !== next.session.userId,
		),
	atOnce: 2,
	most: 50,
}));

/** Undefined when the id was there before. Events that come at the same moment are stored together. */
export function insertEvent({ db, id }: Pick<Deps, "db" | "id">, given: GivenEvent): Promise<AcceptedRow | undefined> {
	return insertTogether(db, { given, ids: siblingIds(id()) });
}

/** As JSON of a statement: each channel of this server with its class, and of each class how many in which time. */
export function ruleValues(rules: readonly ChannelRule[]) {
	return rules.map((rule) => ({
		channel: rule.channel,
		class: rule.class,
		cap: rule.limit.count,
		span: rule.limit.seconds,
	}));
}
