import { sql } from "drizzle-orm";
import type { Deps } from "./deps.ts";
import { pruneLogs } from "./tasks/prune-logs.ts";

/**
 * Providers whose requests cannot be replayed after so long: a signature with a time, our own request to them, a token that expires.
 * Twilio signs no time and ntfy's buttons have none, so what came by them stays noted for ever.
 */
const timedProviders = ["resend", "telegram", "simulator", "api"];

/** Puts away what nobody needs any more: old pairings, sessions that have been lost for a week, letters of sessions that ended a day ago, audit, logs and event ids of long ago. */
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
	await pruneLogs({ db });
	await db.execute(sql`delete from audit where at < now() - interval '90 days'`);
	await db.execute(
		sql`delete from inbound where received_at < now() - interval '30 days'
			and provider in (${sql.join(
				timedProviders.map((name) => sql`${name}`),
				sql`, `,
			)})`,
	);
	await db.execute(
		sql`delete from rate_slots where window_started_at < now() - interval '30 days'
			and (scope like 'delivery:%' or scope like 'identity:%')`,
	);
}
