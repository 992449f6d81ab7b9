import { sql } from "drizzle-orm";
import { AppError } from "../errors.ts";
import { lockChannels } from "./channels-of-user.ts";
import type { Deps } from "./deps.ts";

/** Puts the user's channels in this order. Throws AppError `conflict` unless `ids` names each of them once. */
export async function orderChannels(deps: Pick<Deps, "db">, userId: string, ids: readonly string[]): Promise<void> {
	await deps.db.transaction(async (tx) => {
		const current = await lockChannels(tx, userId);
		const named = new Set(ids);
		if (named.size !== ids.length || named.size !== current.length || !current.every((id) => named.has(id))) {
			throw new AppError("conflict", "These are not your channels, or not any more. Look at /notify-channels again.");
		}
		for (const [position, id] of ids.entries()) {
			await tx.execute(sql`update identities set position = ${position}::int where id = ${id}`);
		}
	});
}
