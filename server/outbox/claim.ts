import { sql } from "drizzle-orm";
import { z } from "zod";
import { channelNames } from "../../src/contract/channels.ts";
import { eventDetails, eventTypes } from "../../src/contract/events.ts";
import { type Db, rowsOf } from "../db/client.ts";
import type { Notice } from "../domain/notice.ts";

/** A message that this worker alone may send until its lease ends, with all that its words are made of. */
export type Claimed = z.infer<typeof claimedRow>;

const claimedRow = z.object({
	id: z.uuid(),
	/** Counts claims; also fences: whoever was overtaken by a later claim settles nothing. */
	attempts: z.number().int(),
	channel: z.enum(channelNames),
	identity_id: z.uuid(),
	address_sealed: z.string(),
	opted_out: z.boolean(),
	/** Past its deadline: noise by now. */
	late: z.boolean(),
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
});

export interface ClaimOptions {
	limit: number;
	leaseSeconds: number;
}

const ms = (instant: ReturnType<typeof sql>) => sql`(extract(epoch from ${instant}) * 1000)::float8`;

/** Takes what is due, oldest first: what waits for its time, and what a worker took and did not settle before its lease ended. */
export function claimDeliveries(db: Db, { limit, leaseSeconds }: ClaimOptions): Promise<Claimed[]> {
	const leaseEnd = sql`now() + ${leaseSeconds}::int * interval '1 second'`;
	return rowsOf(
		db,
		claimedRow,
		sql`with due as (
			select id from deliveries where state in ('pending', 'leased') and next_attempt_at <= now()
			order by next_attempt_at, id limit ${limit} for update skip locked
		),
		claimed as (
			update deliveries d set state = 'leased', attempts = d.attempts + 1, updated_at = now(),
				lease_until = ${leaseEnd}, next_attempt_at = ${leaseEnd}
			from due where d.id = due.id returning d.*
		)
		select d.id, d.attempts, d.channel, d.identity_id, i.address_sealed, i.opted_out_at is not null as opted_out,
			d.deadline_at <= now() as late, ${ms(sql`d.deadline_at - now()`)} as left_ms,
			d.notice, e.type, e.details, ${ms(sql`e.accepted_at`)} as accepted_ms, s.description, s.handle,
			d.held_before, ${ms(sql`d.held_since`)} as held_since_ms, u.time_zone
		from claimed d join identities i on i.id = d.identity_id join users u on u.id = d.user_id
		left join sessions s on s.id = d.session_id
		left join events e on e.session_id = d.session_id and e.id = d.event_id
		order by d.created_at, d.id`,
	);
}
