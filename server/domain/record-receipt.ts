import { sql } from "drizzle-orm";
import { z } from "zod";
import { rowsOf } from "../db/client.ts";
import type { StatusReceipt } from "../inbound/inbound.ts";
import type { Deps } from "./deps.ts";

/** From which states a receipt moves a message: only forward, so that order and number of receipts do not matter. "Delivered" is a proof and beats all. */
const movesFrom = {
	sent: ["pending", "leased"],
	failed: ["pending", "leased", "sent"],
	delivered: ["pending", "leased", "sent", "failed", "dead"],
} as const satisfies Record<StatusReceipt["state"], string[]>;

/** True when it changed what is known of a message. A receipt for a message that is not ours changes nothing. */
export async function recordReceipt(deps: Pick<Deps, "db" | "log">, receipt: StatusReceipt): Promise<boolean> {
	const { channel, providerId, deliveryId, state, reason } = receipt;
	const from = sql.join(
		movesFrom[state].map((each) => sql`${each}`),
		sql`, `,
	);
	const moved = await rowsOf(
		deps.db,
		z.object({ id: z.string(), identity_id: z.string() }),
		sql`update deliveries set
			state = ${state}, receipt = ${receipt.receipt}, error = ${reason ?? null}::text,
			provider_id = ${providerId}, sent_at = coalesce(sent_at, now()),
			settled_at = case when ${state !== "sent"}::boolean then now() end,
			lease_until = null, updated_at = now()
			where channel = ${channel} and state in (${from}) and (
				provider_id = ${providerId} or (id = ${deliveryId ?? null}::uuid and provider_id is null)
			)
			returning id, identity_id`,
	);
	for (const { id, identity_id } of moved) {
		if (receipt.optedOut) {
			await deps.db.execute(
				sql`update identities set opted_out_at = now() where id = ${identity_id} and opted_out_at is null`,
			);
		}
		deps.log.info({ delivery: id, channel, receipt: receipt.receipt }, "receipt");
	}
	return moved.length > 0;
}
