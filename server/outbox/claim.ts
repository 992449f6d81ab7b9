import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { approvalKinds, approvalQuestion } from "../../src/contract/approvals.ts";
import { channelName } from "../../src/contract/channels.ts";
import { eventDetails, eventTypes } from "../../src/contract/events.ts";
import type { Db } from "../db/client.ts";
import { arrayText, statement } from "../db/statement.ts";
import type { Notice } from "../domain/notice.ts";
import type { Room } from "./lanes.ts";

/** The request that an event tells of; `open`: somebody can still answer it. */
const claimedApproval = z.object({
	kind: z.enum(approvalKinds),
	number: z.number().int(),
	code: z.string(),
	tool_name: z.string().nullable(),
	summary: z.string(),
	cwd: z.string().nullable(),
	session_grant: z.string().nullable(),
	questions: z.array(approvalQuestion),
	confirm_code: z.string().nullable(),
	others_open: z.boolean(),
	open: z.boolean(),
});

/** A message that this worker alone may send until its lease ends, with all that its words are made of. */
export type Claimed = z.infer<typeof claimedRow>;

/** What may silence a message about an event; null where the user has set nothing of the kind. Instants in milliseconds. */
const silencing = z.object({
	settings: z.record(z.string(), z.unknown()),
	now_ms: z.number(),
	muted_ms: z.number().nullable(),
	session_muted_ms: z.number().nullable(),
});

const claimedRow = z.object({
	id: z.uuid(),
	/** Counts claims; also fences: whoever was overtaken by a later claim settles nothing. */
	attempts: z.number().int(),
	channel: channelName,
	identity_id: z.uuid(),
	session_id: z.uuid().nullable(),
	/** The provider's thread that the session has at this address. */
	thread: z.string().nullable(),
	/** Provider's id of the message that went before in the same session, when that was progress and so is this. */
	replaces: z.string().nullable(),
	address_sealed: z.string(),
	opted_out: z.boolean(),
	/** The user took the channel away: there is no address any more. */
	removed: z.boolean(),
	/** It waited in case the person types at the computer, and they did. */
	attended: z.boolean(),
	/** Milliseconds that are left until the deadline. */
	left_ms: z.number(),
	notice: z.custom<Notice>((value) => typeof value === "object" && value !== null && "kind" in value).nullable(),
	type: z.enum(eventTypes).nullable(),
	details: eventDetails.nullable(),
	accepted_ms: z.number().nullable(),
	description: z.string().nullable(),
	handle: z.string().nullable(),
	held_before: z.number().int(),
	held_since_ms: z.number().nullable(),
	time_zone: z.string(),
	/** The user's own words for this type of event. */
	template: z.string().nullable(),
	approval: claimedApproval.nullable(),
	silencing: silencing.nullable(),
});

export interface ClaimOptions {
	/** How many of which channel. */
	rooms: readonly Room[];
	leaseSeconds: number;
}

/** So long a message that has to be tried again keeps its place before newer ones to the same address; then they overtake it. */
const keepsPlace = sql`interval '10 seconds'`;

/** The time that news of the machine travels varies: what it did so soon after the event may have been before. */
const attended = sql`d.unless_attended and coalesce(s.attended_at > e.accepted_at + interval '2 seconds', false)`;

/** Another message to the same address that is under way, or whose turn comes first. Looked up for each: `offset` keeps the planner from a join. */
const goesFirst = sql`select from deliveries o
	where o.identity_id = d.identity_id and o.state in ('pending', 'leased') and o.id <> d.id and (
		(o.state = 'leased' and o.next_attempt_at > now())
		or ((o.created_at, o.id) < (d.created_at, d.id) and o.deadline_at > now()
			and (o.next_attempt_at <= now() or (o.attempts > 0 and o.created_at > now() - ${keepsPlace})))
	) offset 0`;

const ms = (instant: SQL) => sql`(extract(epoch from ${instant}) * 1000)::float8`;

/** The last message of the session at the address, when that was progress of the same kind: anything else in between ended the turn. */
const replaced = sql`case when e.type = 'progress' then (
	select case when last_event.type = 'progress' and (last_event.details -> 'running_seconds' is null) = (e.details -> 'running_seconds' is null)
		then last.provider_id end
	from deliveries last join events last_event on last_event.session_id = last.session_id and last_event.id = last.event_id
	where last.identity_id = d.identity_id and last.session_id = d.session_id and last.id <> d.id
		and last.state in ('sent', 'delivered')
	order by last.created_at desc, last.id desc limit 1
) end`;

const approval = sql`case when a.id is not null then json_build_object('kind', a.kind, 'number', a.number, 'code', a.code,
	'tool_name', a.tool_name, 'summary', a.summary, 'cwd', a.cwd, 'session_grant', a.session_grant, 'questions', a.questions,
	'confirm_code', a.confirm_code, 'open', a.state = 'open' and a.expires_at > now(), 'others_open', exists (
		select from approvals o where o.session_id = a.session_id and o.id <> a.id and o.state = 'open' and o.expires_at > now()
	)) end`;

const silences = sql`case when e.id is not null and d.notice is null and (u.muted_until > now() or s.muted_until > now() or u.settings ->> 'quiet' is not null)
	then json_build_object('settings', u.settings, 'now_ms', ${ms(sql`now()`)}, 'muted_ms', ${ms(sql`u.muted_until`)},
		'session_muted_ms', ${ms(sql`s.muted_until`)}) end`;

/** A row by its key: the limit keeps the planner, which guesses how many there are, from reading the whole table instead. */
const one = (from: SQL) => sql`left join lateral (select * from ${from} limit 1)`;

const leaseEnd = (seconds: SQL) => sql`now() + ${seconds}::float8 * interval '1 second'`;

/**
 * A claim does not wait for the disk: one that a crash of the database undoes is a message that was being sent at that moment, which
 * may come twice as after any crash. The setting is this statement's alone.
 */
const claim = statement(
	claimedRow,
	["channels", "rooms", "lease"],
	(p) => sql`with due as (
			select head.id from (select set_config('synchronous_commit', 'off', true) as off) setting,
				unnest(${p.channels}::text[], ${p.rooms}::int[]) as room (channel, free), lateral (
				select d.id from deliveries d
				where d.channel = room.channel and d.state in ('pending', 'leased') and d.attempts >= 0
					and d.next_attempt_at <= now() and d.deadline_at > now() and not exists (${goesFirst})
				order by d.next_attempt_at limit room.free for update of d skip locked
			) head
			where setting.off is not null
		),
		claimed as (
			update deliveries d set state = 'leased', attempts = d.attempts + 1, updated_at = now(),
				lease_until = ${leaseEnd(p.lease)}, next_attempt_at = ${leaseEnd(p.lease)}
			where d.id = any (array(select id from due)) returning d.*
		)
		select d.id, d.attempts, d.channel, d.identity_id, d.session_id, t.thread, ${replaced} as replaces, i.address_sealed, i.opted_out_at is not null as opted_out,
			i.removed_at is not null as removed, ${attended} as attended,
			${ms(sql`d.deadline_at - now()`)} as left_ms,
			d.notice, e.type, e.details, ${ms(sql`e.accepted_at`)} as accepted_ms, s.description, s.handle,
			d.held_before, ${ms(sql`d.held_since`)} as held_since_ms, u.time_zone,
			u.settings -> 'templates' ->> e.type as template, ${approval} as approval, ${silences} as silencing
		from claimed d
		${one(sql`identities i where i.id = d.identity_id`)} i on true
		${one(sql`users u where u.id = d.user_id`)} u on true
		${one(sql`sessions s where s.id = d.session_id`)} s on true
		${one(sql`threads t where t.identity_id = d.identity_id and t.session_id = d.session_id`)} t on true
		${one(sql`events e where e.session_id = d.session_id and e.id = d.event_id`)} e on true
		${one(sql`approvals a where a.id = d.event_id and a.session_id = d.session_id`)} a on true
		order by d.created_at, d.id`,
);

/**
 * Takes what is due, oldest first and one for each address: what waits for its time, and what a worker took and did not settle
 * before its lease ended.
 */
export function claimDeliveries(db: Db, { rooms, leaseSeconds }: ClaimOptions): Promise<Claimed[]> {
	const channels = arrayText(rooms.map(({ channel }) => channel));
	return claim(db, { channels, rooms: arrayText(rooms.map(({ free }) => free)), lease: leaseSeconds });
}
