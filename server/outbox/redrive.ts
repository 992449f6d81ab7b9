import { sql } from "drizzle-orm";
import { z } from "zod";
import { channelName } from "../../src/contract/channels.ts";
import { type Db, rowsOf } from "../db/client.ts";
import { roundOfTries } from "./tries.ts";

const deadRow = z.object({
	id: z.uuid(),
	channel: channelName,
	label: z.string(),
	state: z.enum(["dead", "failed"]),
	attempts: z.number().int(),
	error: z.string().nullable(),
	/** Whole seconds since it was queued. */
	age: z.number().int(),
});
export type DeadMessage = z.infer<typeof deadRow>;

/** The messages of the last week that did not leave, newest first. */
export function listDead(db: Db, limit = 50): Promise<DeadMessage[]> {
	return rowsOf(
		db,
		deadRow,
		sql`select d.id, d.channel, i.label, d.state, d.attempts % ${roundOfTries}::int as attempts, d.error,
				extract(epoch from now() - d.created_at)::int as age
			from deliveries d join identities i on i.id = d.identity_id
			where d.state in ('dead', 'failed') and d.created_at > now() - interval '7 days'
			order by d.created_at desc, d.id desc limit ${limit}`,
	);
}

/**
 * Queues messages that were given up (`dead`) again, with an hour and all tries before them; by id also one that was refused (`failed`).
 * Returns the ids. What arrived after all, or belongs to an address that was taken away, stays as it is.
 */
export async function redrive(db: Db, which: "all" | readonly string[]): Promise<string[]> {
	const chosen =
		which === "all"
			? sql`d.state = 'dead' and d.created_at > now() - interval '7 days'`
			: sql`d.state in ('dead', 'failed') and d.id in (select json_array_elements_text(${JSON.stringify(which)}::json)::uuid)`;
	const rows = await rowsOf(
		db,
		z.object({ id: z.string() }),
		sql`update deliveries d set state = 'pending', error = null, settled_at = null, fallback_at = null,
				attempts = (d.attempts / ${roundOfTries}::int + 1) * ${roundOfTries}::int, next_attempt_at = now(), updated_at = now(),
				deadline_at = greatest(d.deadline_at, now() + interval '1 hour')
			from identities i where i.id = d.identity_id and i.removed_at is null and i.opted_out_at is null and ${chosen}
			returning d.id`,
	);
	return rows.map(({ id }) => id);
}
