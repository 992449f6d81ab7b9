import { type SQL, sql } from "drizzle-orm";
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

/** When another channel takes over: never, at once, or when no better word has come a minute after the send. */
const fallbackAt = {
	sent: sql`coalesce(fallback_at, now() + interval '60 seconds')`,
	failed: sql`now()`,
	delivered: sql`null`,
} as const satisfies Record<StatusReceipt["state"], unknown>;

/**
 * True when it changed what is known of a message. A receipt for a message that is not ours changes nothing. That the person wants
 * no more counts in every state (a complaint comes after the delivery), but once: a redelivery must not undo a new pairing.
 */
export async function recordReceipt(deps: Pick<Deps, "db" | "log">, told: StatusReceipt): Promise<boolean> {
	const { channel, state, receipt, reason, providerId, optedOut } = told;
	const from = sql.join(
		movesFrom[state].map((each) => sql`${each}`),
		sql`, `,
	);
	const moved = await rowsOf(
		deps.db,
		z.object({ id: z.string() }),
		sql`with moved as (
			update deliveries set
				state = ${state}, receipt = ${receipt}, error = ${reason ?? null}::text,
				provider_id = ${providerId}, sent_at = coalesce(sent_at, now()),
				settled_at = case when ${state !== "sent"}::boolean then now() end,
				fallback_at = ${fallbackAt[state]}, lease_until = null, updated_at = now()
			where state in (${from}) and ${isAbout(told)}
			returning id, identity_id
		),
		noted as (
			update deliveries set receipt = ${receipt}, updated_at = now()
			where ${optedOut}::boolean and state not in (${from}) and receipt is distinct from ${receipt} and ${isAbout(told)}
			returning identity_id
		),
		opted_out as (
			update identities set opted_out_at = now()
			where ${optedOut}::boolean and opted_out_at is null
				and id in (select identity_id from moved union select identity_id from noted)
		)
		select id from moved`,
	);
	for (const { id } of moved) deps.log.info({ delivery: id, channel, receipt }, "receipt");
	return moved.length > 0;
}

function isAbout({ channel, providerId, deliveryId }: StatusReceipt): SQL {
	return sql`channel = ${channel} and (
		provider_id = ${providerId} or (id = ${deliveryId ?? null}::uuid and provider_id is null)
	)`;
}
