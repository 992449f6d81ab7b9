import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../db/client.ts";

/** Replies that one user may send in a minute, over all channels. */
const perMinute = 10;

const slot = z.object({ held: z.coerce.number() });

export type ReplyLimit = "allowed" | "first_refused" | "refused";

/** Takes one of the minute's replies. One upsert on the database's clock, whose row lock also puts a user's replies in order. */
export async function takeReplySlot(tx: Pick<Db, "execute">, userId: string): Promise<ReplyLimit> {
	const over = sql`rate_slots.window_started_at <= now() - interval '1 minute'`;
	const full = sql`rate_slots.used >= ${perMinute}`;
	const [row] = await rowsOf(
		tx,
		slot,
		sql`insert into rate_slots (scope, kind, class, used, held)
			values (${`user:${userId}`}, 'reply', 'minute', 1, 0)
			on conflict (scope, kind, class) do update set
				window_started_at = case when ${over} then now() else rate_slots.window_started_at end,
				used = case when ${over} then 1 when ${full} then rate_slots.used else rate_slots.used + 1 end,
				held = case when ${over} then 0 when ${full} then rate_slots.held + 1 else rate_slots.held end
			returning held`,
	);
	const held = row?.held ?? 0;
	if (held === 0) return "allowed";
	return held === 1 ? "first_refused" : "refused";
}
