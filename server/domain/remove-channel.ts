import { sql } from "drizzle-orm";
import { z } from "zod";
import { type ChannelName, channelName } from "../../src/contract/channels.ts";
import { type Db, rowsOf } from "../db/client.ts";
import { retryDeadlock } from "../db/errors.ts";
import { AppError } from "../errors.ts";
import { writeAudit } from "./audit.ts";
import { lockChannels } from "./channels-of-user.ts";
import { titleOf } from "./delivery-report.ts";
import type { Deps } from "./deps.ts";

/**
 * Takes an address away from its user: it is wiped, and what was sent to it stays on record under its label. Whoever proves
 * the address again may have it. Throws AppError `not_found`, and `conflict` for the last one.
 */
export async function removeChannel(
	deps: Pick<Deps, "db" | "id" | "channels">,
	caller: { userId: string; deviceId: string },
	id: string,
): Promise<void> {
	const { userId } = caller;
	await retryDeadlock(() =>
		deps.db.transaction(async (tx) => {
			const ids = await lockChannels(tx, userId);
			if (!ids.includes(id)) throw new AppError("not_found", "There is no such channel.");
			if (ids.length === 1) {
				throw new AppError(
					"conflict",
					"This is your only channel: without it no message would reach you. Add another one with /notify-setup first, or leave with /notify-logout.",
				);
			}
			const channel = await wipe(tx, id);
			const why = `Its address is forgotten: ${titleOf(deps, channel)}.`;
			await writeAudit(tx, deps, {
				userId,
				actor: { device: caller.deviceId },
				action: "channel.remove",
				outcome: "done",
				why,
			});
		}),
	);
}

async function wipe(tx: Pick<Db, "execute">, id: string): Promise<ChannelName> {
	const [removed] = await rowsOf(
		tx,
		z.object({ channel: channelName }),
		sql`update identities set removed_at = now(), address_sealed = '', address_mac = 'removed:' || id
			where id = ${id} returning channel`,
	);
	// What a worker has taken may still arrive; if it has to be tried again, it finds the address gone.
	await tx.execute(
		sql`update deliveries set state = 'dead', error = 'The channel was removed.', settled_at = now(), updated_at = now()
			where identity_id = ${id} and state = 'pending'`,
	);
	await tx.execute(sql`delete from threads where identity_id = ${id}`);
	await tx.execute(sql`delete from held_replies where identity_id = ${id}`);
	if (!removed) throw new AppError("not_found", "There is no such channel.");
	return removed.channel;
}
