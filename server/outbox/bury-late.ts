import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../db/client.ts";

/**
 * Gives up what is noise by now, whatever channel it waits for and why. Returns how many there were. The order is that of the index of
 * what is open: by id, a planner that expects much goes through all that was ever sent, every second.
 */
export async function buryLate(db: Db): Promise<number> {
	const buried = await rowsOf(
		db,
		z.object({ id: z.string() }),
		sql`update deliveries set state = 'dead', error = coalesce(error, 'It could not be sent in time.'),
				settled_at = now(), lease_until = null, updated_at = now()
			where id in (
				select id from deliveries where state in ('pending', 'leased') and attempts >= 0 and deadline_at <= now()
					and (state = 'pending' or next_attempt_at <= now())
				order by channel, next_attempt_at limit 500 for update skip locked
			)
			returning id`,
	);
	return buried.length;
}
