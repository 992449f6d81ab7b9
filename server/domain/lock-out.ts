import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../db/client.ts";

/** So many refused commands in ten minutes lock an address for fifteen. */
const refusals = 5;
export const lockMinutes = 15;

type Tx = Pick<Db, "execute">;

const scopeOf = (identityId: string) => `identity:${identityId}`;

/** Until when the address of a row of `identities` is locked, in ms; null when it is not. */
export const lockedUntilMs = sql`(select (extract(epoch from window_started_at + ${lockMinutes} * interval '1 minute') * 1000)::float8
	from rate_slots where scope = 'identity:' || identities.id and kind = 'locked' and class = 'reply'
	and window_started_at > now() - ${lockMinutes} * interval '1 minute')`;

/** Nothing that comes from this address is taken now. */
export async function isLockedOut(tx: Tx, identityId: string): Promise<boolean> {
	const rows = await rowsOf(
		tx,
		z.object({ used: z.coerce.number() }),
		sql`select used from rate_slots where scope = ${scopeOf(identityId)} and kind = 'locked' and class = 'reply'
			and window_started_at > now() - ${lockMinutes} * interval '1 minute'`,
	);
	return rows.length > 0;
}

/** Counts one refused command. True for the one that locks the address; after the lock it counts from nothing. */
export async function countRefusal(tx: Tx, identityId: string): Promise<boolean> {
	const over = sql`rate_slots.window_started_at <= now() - interval '10 minutes'`;
	const [row] = await rowsOf(
		tx,
		z.object({ used: z.coerce.number() }),
		sql`insert into rate_slots (scope, kind, class, used) values (${scopeOf(identityId)}, 'refused', 'reply', 1)
			on conflict (scope, kind, class) do update set
				window_started_at = case when ${over} then now() else rate_slots.window_started_at end,
				used = case when ${over} then 1 else rate_slots.used + 1 end
			returning used`,
	);
	if ((row?.used ?? 0) < refusals) return false;
	await tx.execute(sql`update rate_slots set used = 0 where scope = ${scopeOf(identityId)} and kind = 'refused'`);
	await tx.execute(
		sql`insert into rate_slots (scope, kind, class, used) values (${scopeOf(identityId)}, 'locked', 'reply', 1)
			on conflict (scope, kind, class) do update set window_started_at = now()`,
	);
	return true;
}
