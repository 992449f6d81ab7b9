import { sql } from "drizzle-orm";
import { z } from "zod";
import { eventDetails, eventTypes } from "../../src/contract/events.ts";
import { type Db, rowsOf } from "../db/client.ts";
import type { Deps } from "./deps.ts";
import { digestNotice } from "./digest-notice.ts";
import { readPolicySettings } from "./policy-settings.ts";
import { quietUntil } from "./quiet-hours.ts";

/** An event that was judged before its silence ended may be stored a moment after. */
const grace = sql`interval '2 seconds'`;

const dueRow = z.object({
	id: z.string(),
	settings: z.record(z.string(), z.unknown()),
	time_zone: z.string(),
	now_ms: z.number(),
	muted_ms: z.number().nullable(),
});
type Due = z.infer<typeof dueRow>;

const groupRow = z.object({
	session_id: z.string(),
	handle: z.string().nullable(),
	description: z.string(),
	type: z.enum(eventTypes),
	count: z.number().int(),
	last: eventDetails,
	last_ms: z.number(),
	quiet: z.boolean(),
});
export type DigestGroup = z.infer<typeof groupRow>;

/** Tells every user whose silence has ended what was held back in it, in one message for each address. Safe on several instances at once. */
export async function sendDigests(deps: Deps): Promise<number> {
	let sent = 0;
	for (;;) {
		const result = await deps.db.transaction((tx) => digestOne(tx, deps));
		if (result === "none") break;
		if (result === "told") sent += 1;
	}
	if (sent > 0) deps.wakeOutbox();
	return sent;
}

/** Claim, events and messages are one transaction: neither a crash nor a second instance loses or doubles a digest. */
async function digestOne(tx: Db, deps: Deps): Promise<"none" | "later" | "told"> {
	const [due] = await rowsOf(
		tx,
		dueRow,
		sql`select id, settings, time_zone, (extract(epoch from now()) * 1000)::float8 as now_ms,
				(extract(epoch from muted_until) * 1000)::float8 as muted_ms
			from users where digest_at <= now() - ${grace}
			order by digest_at limit 1 for no key update skip locked`,
	);
	if (due === undefined) return "none";
	const silentUntil = silenceEnd(due);
	if (silentUntil !== undefined) {
		await tx.execute(sql`update users set digest_at = ${silentUntil.toISOString()}::timestamptz where id = ${due.id}`);
		return "later";
	}
	const groups = await takeHeld(tx, due.id);
	await tx.execute(
		sql`update users set digest_at = (
				select min(muted_until) from sessions s where s.user_id = ${due.id} and s.muted_until > now()
					and exists (select from events e where e.session_id = s.id and e.digest_due)
			) where id = ${due.id}`,
	);
	if (groups.length === 0) return "later";
	await queue(tx, deps, due, groups);
	return "told";
}

/** Undefined when messages may leave now. */
function silenceEnd({ settings, time_zone, now_ms, muted_ms }: Due): Date | undefined {
	const { quiet } = readPolicySettings(settings);
	const now = new Date(now_ms);
	const night = quiet && quietUntil(quiet, time_zone, now);
	const ends = [night?.getTime() ?? 0, muted_ms ?? 0].filter((end) => end > now_ms);
	return ends.length === 0 ? undefined : new Date(Math.max(...ends));
}

/** Events of a session that is still muted by itself wait for the end of that. */
function takeHeld(tx: Pick<Db, "execute">, userId: string): Promise<DigestGroup[]> {
	return rowsOf(
		tx,
		groupRow,
		sql`with held as (
				update events e set digest_due = false from sessions s
				where s.id = e.session_id and s.user_id = ${userId} and e.digest_due
					and (s.muted_until is null or s.muted_until <= now())
				returning s.id as session_id, s.handle, s.description, e.type, e.details, e.accepted_at, e.outcome
			)
			select session_id, handle, description, type, count(*)::int as count,
				(array_agg(details order by accepted_at desc))[1] as last,
				(extract(epoch from max(accepted_at)) * 1000)::float8 as last_ms,
				bool_or(outcome = 'quiet') as quiet
			from held group by session_id, handle, description, type order by last_ms, session_id`,
	);
}

async function queue(tx: Pick<Db, "execute">, deps: Deps, due: Due, groups: DigestGroup[]): Promise<void> {
	const addresses = await rowsOf(
		tx,
		z.object({ id: z.string(), channel: z.string() }),
		sql`select id, channel from identities
			where user_id = ${due.id} and opted_out_at is null and removed_at is null order by position, id`,
	);
	const notice = JSON.stringify(digestNotice(groups, due.settings["quiet"]));
	for (const { id, channel } of addresses.filter((address) => deps.channels.has(address.channel))) {
		await tx.execute(
			sql`insert into deliveries (id, user_id, identity_id, channel, notice, deadline_at)
				values (${deps.id()}, ${due.id}, ${id}, ${channel}, ${notice}::jsonb, now() + interval '2 hours')`,
		);
	}
}
