import { sql } from "drizzle-orm";
import { z } from "zod";
import type { DeliveryResult } from "../channels/channel.ts";
import type { Db } from "../db/client.ts";
import { isConnectionLoss } from "../db/errors.ts";
import { arrayText, statement } from "../db/statement.ts";

/** A message that a provider took. */
export interface SentMessage {
	id: string;
	result: Extract<DeliveryResult, { ok: true }>;
	/** The provider says later whether it arrived. */
	receipts: boolean;
}

export type StoreSent = (message: SentMessage) => Promise<void>;

/** Without a receipt for so long the next channel gets the message too. */
const receiptPatience = sql`interval '60 seconds'`;

/** Stores one message at once, and those that end meanwhile together in the next statement. */
export function sentStore(db: Db): StoreSent {
	let waiting: SentMessage[] = [];
	let next: Promise<void> | undefined;
	let last: Promise<void> = Promise.resolve();

	async function flush(after: Promise<void>): Promise<void> {
		await after.catch(() => undefined);
		const batch = waiting;
		waiting = [];
		next = undefined;
		await storeSent(db, batch);
	}

	return (message) => {
		waiting.push(message);
		if (next === undefined) {
			next = flush(last);
			last = next;
		}
		// What one message breaks must not cost the others their place: each is then written alone.
		return next.catch((error: unknown) => {
			if (isConnectionLoss(error)) throw error;
			return storeSent(db, [message]);
		});
	};
}

const open = sql`d.state in ('pending', 'leased')`;
const store = statement(
	z.object({}),
	["messages", "ids"],
	(p) => sql`update deliveries d set
		state = case when ${open} then r.state else d.state end,
		error = case when ${open} then null else d.error end,
		fallback_at = case when ${open} and r.awaits then now() + ${receiptPatience} else d.fallback_at end,
		provider_id = coalesce(d.provider_id, r.provider_id),
		segments = r.segments,
		sent_at = coalesce(d.sent_at, now()),
		settled_at = case when r.state = 'delivered' then now() else d.settled_at end,
		lease_until = null, updated_at = now()
		from json_to_recordset(${p.messages}::json)
			as r (id uuid, state text, provider_id text, segments int, awaits boolean)
		where d.id = r.id and d.id = any (${p.ids}::uuid[])`,
);

/** A receipt may have come first, and a later claim may have overtaken this one: neither is undone. */
async function storeSent(db: Db, messages: readonly SentMessage[]): Promise<void> {
	const rows = messages.map(({ id, result, receipts }) => ({
		id,
		state: result.delivered === true ? "delivered" : "sent",
		provider_id: result.providerId,
		segments: result.segments,
		awaits: receipts && result.delivered !== true,
	}));
	await store(db, { messages: JSON.stringify(rows), ids: arrayText(rows.map(({ id }) => id)) });
}
