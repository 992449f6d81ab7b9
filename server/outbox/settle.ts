import { type SQL, sql } from "drizzle-orm";
import type { DeliveryResult } from "../channels/channel.ts";
import type { Db } from "../db/client.ts";
import type { Deps } from "../domain/deps.ts";
import type { Claimed } from "./claim.ts";
import { type BackOff, retryDelayMs } from "./retry-delay.ts";
import { type StoreSent, sentStore } from "./store-sent.ts";
import { isLastTry, triesOf } from "./tries.ts";

type Settled = Pick<Claimed, "id" | "attempts" | "channel" | "identity_id" | "session_id" | "left_ms">;
type Sent = Extract<DeliveryResult, { ok: true }>;

/**
 * Writes what became of an attempt. A receipt may have come first, and a later claim may have overtaken this one: neither is undone.
 * Resolves with the number of the claim that it was written under, where the message was not sent.
 */
export async function settle(
	deps: Pick<Deps, "db" | "vault" | "channels">,
	claimed: Settled,
	result: DeliveryResult,
	backOff: BackOff,
	store: StoreSent = sentStore(deps.db),
): Promise<number | undefined> {
	const { db } = deps;
	if (result.ok) {
		await store({ id: claimed.id, result, receipts: deps.channels.get(claimed.channel)?.receipts === true });
		await keepAddress(deps, claimed, result);
		return undefined;
	}
	if (result.optedOut === true) await optOut(db, claimed.identity_id);
	if (!result.retryable) return giveUp(db, claimed, "failed", result.reason);
	const wait = retryDelayMs(triesOf(claimed.attempts), result.retryAfterMs, backOff);
	if (wait >= claimed.left_ms || isLastTry(claimed.attempts)) return giveUp(db, claimed, "dead", result.reason);
	return whileOurs(
		db,
		claimed,
		sql`state = 'pending', error = ${result.reason}, next_attempt_at = now() + ${wait}::float8 * interval '1 millisecond'`,
	);
}

/** Ends a message that did not leave: `failed` when it was refused for good, `dead` when it was given up. */
export async function giveUp(db: Db, claimed: Settled, state: "failed" | "dead", reason: string): Promise<number> {
	return whileOurs(db, claimed, sql`state = ${state}, error = ${reason}, settled_at = now(), fallback_at = now()`);
}

/** Ends a message that nobody needs any more: no other channel takes over. */
export async function drop(db: Db, claimed: Settled, reason: string): Promise<number> {
	return whileOurs(db, claimed, sql`state = 'dropped', error = ${reason}, settled_at = now()`);
}

/**
 * Where the conversation of a session stands at the provider: for the next message of it, and for the answers that come there.
 * Another bot counts from the beginning again: the newest owner of a number is whom the phone shows there.
 */
export async function keepThread(db: Db, { identity_id, session_id }: Settled, thread: string): Promise<void> {
	if (session_id === null) return;
	await db.execute(
		sql`with gone as (
				delete from threads where identity_id = ${identity_id} and thread = ${thread} and session_id <> ${session_id} returning 1
			)
			insert into threads (identity_id, session_id, thread)
			select ${identity_id}, ${session_id}, ${thread} from (select count(*) from gone) first
			on conflict (identity_id, session_id) do update set thread = excluded.thread`,
	);
}

async function keepAddress(
	deps: Pick<Deps, "db" | "vault">,
	{ identity_id }: Settled,
	{ movedTo }: Sent,
): Promise<void> {
	if (movedTo === undefined) return;
	const { address, label } = movedTo;
	await deps.db.execute(
		sql`update identities set address_sealed = ${deps.vault.seal(address)}, label = ${label},
				address_mac = ${deps.vault.mac("address", address)}
			where id = ${identity_id} and removed_at is null`,
	);
}

async function whileOurs(db: Db, { id, attempts }: Settled, change: SQL): Promise<number> {
	await db.execute(
		sql`update deliveries set ${change}, lease_until = null, updated_at = now()
			where id = ${id} and state = 'leased' and attempts = ${attempts}`,
	);
	return attempts;
}

async function optOut(db: Db, identityId: string): Promise<void> {
	await db.execute(sql`update identities set opted_out_at = now() where id = ${identityId} and opted_out_at is null`);
}
