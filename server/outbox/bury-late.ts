import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../db/client.ts";

/** Gives up what is noise by now, whatever channel it waits for and why. Returns how many there were. */
export async function buryLate(db: Db): Promise<number> {
	const buried = await rowsOf(
		db,
		z.object({ id: z.string() }),
		sql`update deliveries set state = 'dead', error = coalesce(error, 'It could not be sent in time.'),
				settled_at = now(), lease_until = null, updated_at = now()
			where id in (
				select id from deliveries where state in ('pending', 'leased') and deadline_at <= now()
					and (state = 'pending' or next_attempt_at <= now())
				order by id limit 500 for update skip locked
			)
			returning id`,
	);
	return buried.length;
}
