import { sql } from "drizzle-orm";
import { z } from "zod";
import { maxChannels } from "../../src/contract/channels.ts";
import { eventAccepted, eventOutcomes, type ReportEvent } from "../../src/contract/events.ts";
import { arrayText, statement } from "../db/statement.ts";
import type { EventSession } from "./accept-event.ts";
import type { Deps } from "./deps.ts";
import type { ChannelRule, EventLimits } from "./limits.ts";

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

const acceptedRow = z.object({
	outcome: z.enum(eventOutcomes),
	why: z.string().nullable().default(null),
	channels: eventAccepted.shape.channels,
	/** Milliseconds since 1970; null when nothing was limited. */
	next_allowed_ms: z.number().nullable(),
	retry_after: z.number().int().nullable(),
});
export type AcceptedRow = z.infer<typeof acceptedRow>;

/** The rules as rows: each channel of this server with its class, and of each class how many in which time. */
const ruleRows = (rules: ReturnType<typeof sql>) => sql`rules as (
		select channel, class, cap, span * interval '1 second' as span
		from json_to_recordset(${rules}::json) as r (channel text, class text, cap int, span float8)
	),
	classes as (select distinct on (class) class, cap, span from rules)`;

function rulesJson(rules: readonly ChannelRule[]): string {
	return JSON.stringify(rules.map((rule) => ({ ...rule, cap: rule.limit.count, span: rule.limit.seconds })));
}

/** An id for each message, before it is known how many there will be. They differ in the last digit: making one takes its time. */
function siblingIds(id: string): string[] {
	return Array.from({ length: maxChannels }, (_, n) => `${id.slice(0, -1)}${n.toString(16)}`);
}

/**
 * One statement: either all of it happens or, for a taken id, none. No row when the id was there before.
 * `day` is locked before the session's slots, and the slots in the order of their class, so that two events wait for each other and do not deadlock.
 */
const insert = statement(
	acceptedRow,
	[
		"session",
		"user",
		"event",
		"type",
		"slot",
		"occurredAt",
		"details",
		"rules",
		"ids",
		"smsCount",
		"smsSeconds",
		"dayEnd",
		"deadline",
		"delay",
	],
	(p) => {
		const dayScope = sql`('user:' || ${p.user}::text)`;
		const dayLength = sql`${p.smsSeconds}::float8 * interval '1 second'`;
		// A day's window is laid so that it ends with the user's day. Whoever travels east has no second day within 22 hours.
		const dayBegin = sql`(${p.dayEnd}::timestamptz - ${dayLength})`;
		const dayOver = sql`s.window_started_at <= greatest(${dayBegin} - interval '22 hours', now() - ${dayLength})`;
		return sql`with
		fresh as (
			select where not exists (select from events where session_id = ${p.session}::uuid and id = ${p.event}::uuid)
		),
		${ruleRows(p.rules)},
		addresses as (
			select i.id, i.channel, r.class, i.opted_out_at is not null as opted_out,
				row_number() over (order by i.position, i.id)::int as n
			from fresh, identities i join rules r on r.channel = i.channel
			where i.user_id = ${p.user}::uuid and i.removed_at is null
			order by n limit ${sql.raw(String(maxChannels))}
		),
		day as (
			select used, window_started_at from rate_slots s
			where scope = ${dayScope} and kind = 'day' and class = 'sms' and not (${dayOver})
				and exists (select from addresses where channel = 'sms' and not opted_out)
			for update
		),
		reach as (
			select a.*, a.channel = 'sms' and exists (select from day where used >= ${p.smsCount}::int) as capped
			from addresses a where not opted_out
		),
		slots as (
			insert into rate_slots as s (scope, kind, class, used, held)
			select 'session:' || ${p.session}::text, ${p.slot}::text, class, (not bool_and(capped))::int, bool_and(capped)::int
				from reach group by class order by class
			on conflict (scope, kind, class) do update set (held_before, held_since, held, used, window_started_at) = (
				select
					case when free then s.held else s.held_before end,
					case when free then s.window_started_at else s.held_since end,
					case when free then 0 else s.held + 1 end,
					case when not free then s.used when over then 1 else s.used + 1 end,
					case when free and over then now() else s.window_started_at end
				from (
					select over, excluded.held = 0 and (over or s.used < cap) as free
					from (select s.window_started_at <= now() - span as over, cap from classes where class = s.class) own
				) slot
			)
			returning class, held = 0 as taken, held_before, held_since, window_started_at
		),
		daily as (
			insert into rate_slots as s (scope, kind, class, used, window_started_at)
			select ${dayScope}, 'day', 'sms', count(*), ${dayBegin} from reach join slots using (class)
				where channel = 'sms' and taken and not capped having count(*) > 0
			on conflict (scope, kind, class) do update set
				used = case when ${dayOver} then excluded.used else s.used + excluded.used end,
				window_started_at = case when ${dayOver} then excluded.window_started_at else s.window_started_at end
				where ${dayOver} or s.used < ${p.smsCount}::int
			returning used
		),
		open as (
			select r.*, s.held_before, s.held_since from reach r join slots s using (class)
			where s.taken and not r.capped and (r.channel <> 'sms' or exists (select from daily))
		),
		event as (
			insert into events (id, session_id, type, occurred_at, details, outcome, rate_limited)
			select ${p.event}::uuid, ${p.session}::uuid, ${p.type}::text, ${p.occurredAt}::timestamptz,
				${p.details}::jsonb, o.outcome, o.outcome = 'limited'
			from fresh, (select case
				when exists (select from open) then 'queued'
				when exists (select from reach) then 'limited'
				else 'muted' end as outcome) o
			returning outcome
		),
		queued as (
			insert into deliveries (id, user_id, identity_id, channel, session_id, event_id, held_before, held_since, deadline_at,
				next_attempt_at, unless_attended)
			select (${p.ids}::uuid[])[o.n], ${p.user}::uuid, o.id, o.channel, ${p.session}::uuid, ${p.event}::uuid,
				o.held_before, case when o.held_before > 0 then o.held_since end,
				now() + ${p.deadline}::float8 * interval '1 second', now() + ${p.delay}::float8 * interval '1 second', ${p.delay}::float8 > 0
			from event, open o
			returning identity_id
		),
		answers as (
			select a.n, a.channel, case when a.opted_out then 'opted_out' when o.id is not null then 'queued' else 'limited' end as outcome,
				case when a.opted_out or o.id is not null then null
					when r.capped then (select d.window_started_at + ${dayLength} from day d)
					else s.window_started_at + c.span end as next_at
			from addresses a left join open o using (id) left join reach r using (id)
			left join slots s on s.class = a.class left join classes c on c.class = a.class
		)
		select event.outcome,
			coalesce((select json_agg(json_build_object('channel', channel, 'outcome', outcome) order by n) from answers), '[]') as channels,
			(extract(epoch from (select min(next_at) from answers)) * 1000)::float8 as next_allowed_ms,
			ceil(extract(epoch from (select min(next_at) from answers) - now()))::int as retry_after
		from event, (select count(*) from queued) q`;
	},
);

/** Undefined when the id was there before. */
export async function insertEvent(deps: Deps, given: GivenEvent): Promise<AcceptedRow | undefined> {
	const { session, event, limits, slot, rules, delaySeconds, dayEnd } = given;
	const [row] = await insert(deps.db, {
		session: session.id,
		user: session.userId,
		event: event.id,
		type: event.type,
		slot,
		occurredAt: event.occurred_at,
		details: JSON.stringify(event.details),
		rules: rulesJson(rules),
		ids: arrayText(siblingIds(deps.id())),
		smsCount: limits.sms.count,
		smsSeconds: limits.sms.window,
		dayEnd: dayEnd.toISOString(),
		deadline: limits.deadline[event.type] ?? limits.deadline.usual,
		delay: delaySeconds,
	});
	return row;
}

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
		rules: rulesJson(rules),
	});
	if (row === undefined) throw new Error("An event that was a duplicate is not stored.");
	return row;
}
