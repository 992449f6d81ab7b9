import { sql } from "drizzle-orm";
import { z } from "zod";
import { rowsOf } from "../db/client.ts";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";

const found = z.object({ monitoring_id: z.string(), identity_id: z.string().nullable() });

/** What a mobile reply token of the session stands for: its present run, and the first address of its user. Throws AppError `conflict` where the user has none. */
export async function grantFor(
	{ db }: Pick<Deps, "db">,
	{ id, userId }: { id: string; userId: string },
): Promise<{ userId: string; sessionId: string; monitoringId: string; identityId: string }> {
	const [row] = await rowsOf(
		db,
		found,
		sql`select s.monitoring_id, (
				select i.id from identities i
				where i.user_id = s.user_id and i.removed_at is null order by i.position, i.id limit 1
			) as identity_id
			from sessions s where s.id = ${id} and s.user_id = ${userId}`,
	);
	if (row?.identity_id == null) throw new AppError("conflict", "No channel is set up. Run /notify-setup.");
	return { userId, sessionId: id, monitoringId: row.monitoring_id, identityId: row.identity_id };
}
