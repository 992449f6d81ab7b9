import { sql } from "drizzle-orm";
import type { Deps } from "./deps.ts";

/** Puts away what nobody needs any more: old pairings, sessions that have been lost for a week, letters of sessions that ended a day ago. */
export async function tidy({ db }: Pick<Deps, "db">): Promise<void> {
	await db.execute(sql`delete from pairings where expires_at < now() - interval '1 day'`);
	await db.execute(
		sql`update sessions set status = 'ended', ended_at = now(), end_reason = 'lost'
			where status = 'stale' and last_heartbeat_at < now() - interval '7 days'`,
	);
	await db.execute(
		sql`update sessions set handle = null
			where status = 'ended' and handle is not null and ended_at < now() - interval '24 hours'`,
	);
}
