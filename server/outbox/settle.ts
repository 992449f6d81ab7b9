import { type SQL, sql } from "drizzle-orm";
import type { DeliveryResult } from "../channels/channel.ts";
import type { Db } from "../db/client.ts";
import type { Claimed } from "./claim.ts";
import { type BackOff, retryDelayMs } from "./retry-delay.ts";

type Settled = Pick<Claimed, "id" | "attempts" | "identity_id" | "left_ms">;

/** After so many attempts a message is given up, whatever its deadline says. */
const maxAttempts = 20;

/** Writes what became of an attempt. A receipt may have come first, and a later claim may have overtaken this one: neither is undone. */
export async function settle(db: Db, claimed: Settled, result: DeliveryResult, backOff: BackOff): Promise<void> {
	if (result.ok) return settleSent(db, claimed, result);
	if (result.optedOut === true) await optOut(db, claimed.identity_id);
	if (!result.retryable) return end(db, claimed, "failed", result.reason);
	const wait = retryDelayMs(claimed.attempts, result.retryAfterMs, backOff);
	if (wait >= claimed.left_ms || claimed.attempts >= maxAttempts) return end(db, claimed, "dead", result.reason);
	await whileOurs(
		db,
		claimed,
		sql`state = 'pending', error = ${result.reason}, next_attempt_at = now() + ${wait}::float8 * interval '1 millisecond'`,
	);
}

/** Ends a message that was not sent at all. */
export async function giveUp(db: Db, claimed: Settled, state: "failed" | "dead", reason: string): Promise<void> {
	await end(db, claimed, state, reason);
}

async function settleSent(
	db: Db,
	{ id }: Settled,
	{ providerId, segments, delivered }: Extract<DeliveryResult, { ok: true }>,
): Promise<void> {
	const state = delivered === true ? "delivered" : "sent";
	await db.execute(
		sql`update deliveries set
			state = case when state in ('pending', 'leased') then ${state} else state end,
			error = case when state in ('pending', 'leased') then null else error end,
			provider_id = coalesce(provider_id, ${providerId}),
			segments = ${segments ?? null}::int,
			sent_at = coalesce(sent_at, now()),
			settled_at = case when ${state === "delivered"}::boolean then now() else settled_at end,
			lease_until = null, updated_at = now()
			where id = ${id}`,
	);
}

async function end(db: Db, claimed: Settled, state: "failed" | "dead", reason: string): Promise<void> {
	await whileOurs(db, claimed, sql`state = ${state}, error = ${reason}, settled_at = now()`);
}

async function whileOurs(db: Db, { id, attempts }: Settled, change: SQL): Promise<void> {
	await db.execute(
		sql`update deliveries set ${change}, lease_until = null, updated_at = now()
			where id = ${id} and state = 'leased' and attempts = ${attempts}`,
	);
}

async function optOut(db: Db, identityId: string): Promise<void> {
	await db.execute(sql`update identities set opted_out_at = now() where id = ${identityId} and opted_out_at is null`);
}
