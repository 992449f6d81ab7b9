import { sql } from "drizzle-orm";
import { z } from "zod";
import { rowsOf } from "../db/client.ts";
import type { Deps } from "../domain/deps.ts";
import { eventLimits } from "../domain/limits.ts";

type FallBackDeps = Pick<Deps, "db" | "channels" | "id" | "log">;

const fallenRow = z.object({ id: z.string(), channel: z.string(), to_channel: z.string().nullable() });

/** Looks after every event's message that did not arrive. True when another channel has one to send now. */
export async function fallBack(deps: FallBackDeps): Promise<boolean> {
	let queued = false;
	for (;;) {
		const [fallen] = await fallBackOnce(deps);
		if (fallen === undefined) return queued;
		if (fallen.to_channel === null) continue;
		queued = true;
		deps.log.info(
			{ delivery: fallen.id, channel: fallen.channel, to: fallen.to_channel },
			"another channel takes over",
		);
	}
}

/** The same event reached, or may still reach, the user elsewhere; or they were at the computer and needed no message. */
const hope = sql`select from deliveries o
	where o.session_id = d.session_id and o.event_id = d.event_id and o.id <> d.id and (
		o.state in ('pending', 'leased', 'delivered', 'dropped')
		or (o.state = 'sent' and (o.fallback_at is null or o.fallback_at > now()))
	)`;

/**
 * Takes one message that was refused for good or given up, or whose receipt has not come. While there is time, and the event has
 * no other way to the user, their next channel in order that did not get it does: its window is not asked, the cap of SMS a day is.
 */
function fallBackOnce({ db, channels, id }: FallBackDeps): Promise<z.infer<typeof fallenRow>[]> {
	const { count, window } = eventLimits.sms;
	const dayOver = sql`s.window_started_at <= now() - ${window} * interval '1 second'`;
	return rowsOf(
		db,
		fallenRow,
		sql`with
		fallen as (
			select d.*, d.deadline_at > now() and not exists (${hope}) as lost
			from deliveries d where d.fallback_at <= now() and not d.fell_back
			order by d.fallback_at limit 1 for update of d skip locked
		),
		taken as (
			update deliveries d set fell_back = true from fallen where d.id = fallen.id returning d.id
		),
		target as (
			select i.id, i.channel from fallen join identities own on own.id = fallen.identity_id
				join identities i on i.user_id = fallen.user_id
			where fallen.lost and fallen.event_id is not null and i.opted_out_at is null and i.removed_at is null
				and i.channel in (select json_array_elements_text(${JSON.stringify([...channels.keys()])}::json))
				and not exists (
					select from deliveries g
					where g.session_id = fallen.session_id and g.event_id = fallen.event_id and g.identity_id = i.id
				)
				and not (i.channel = 'sms' and exists (
					select from rate_slots s where s.scope = 'user:' || i.user_id and s.kind = 'day' and s.class = 'sms'
						and s.used >= ${count}::int and not (${dayOver})
				))
			order by (i.position, i.id) < (own.position, own.id), i.position, i.id limit 1
		),
		daily as (
			insert into rate_slots as s (scope, kind, class, used)
			select 'user:' || fallen.user_id, 'day', 'sms', 1 from fallen, target where target.channel = 'sms'
			on conflict (scope, kind, class) do update set
				used = case when ${dayOver} then 1 else s.used + 1 end,
				window_started_at = case when ${dayOver} then now() else s.window_started_at end
		),
		queued as (
			insert into deliveries (id, user_id, identity_id, channel, session_id, event_id, held_before, held_since, deadline_at, unless_attended)
			select ${id()}::uuid, f.user_id, t.id, t.channel, f.session_id, f.event_id, f.held_before, f.held_since, f.deadline_at, f.unless_attended
			from fallen f, target t
			on conflict do nothing returning channel
		)
		select taken.id, fallen.channel, (select channel from queued) as to_channel from taken join fallen using (id)`,
	);
}
