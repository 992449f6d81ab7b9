import { eq, sql } from "drizzle-orm";
import { onTestFinished } from "vitest";
import type { DeliveryResult } from "../../server/channels/channel.ts";
import type { Db } from "../../server/db/client.ts";
import { deliveries } from "../../server/db/schema.ts";
import type { BackOff } from "../../server/outbox/retry-delay.ts";
import { type Outbox, type OutboxOptions, startOutbox } from "../../server/outbox/worker.ts";
import { type TestChannel, type TestDeps, testChannel, testDeps } from "./fixture.ts";
import { until } from "./until.ts";

/** Tries again without a wait. */
export const atOnce: BackOff = { baseMs: 1, maxMs: 1, random: () => 0.5 };
export const claim = { rooms: [{ channel: "sms", free: 10 }], leaseSeconds: 30 };
export const busy: Extract<DeliveryResult, { ok: false }> = {
	ok: false,
	retryable: true,
	reason: "The provider is busy.",
	code: "500",
};

type Delivery = typeof deliveries.$inferSelect;

export interface OutboxWorld {
	deps: TestDeps;
	sms: TestChannel;
	/** A worker that is gone with the test. */
	start(options?: OutboxOptions, own?: TestDeps): Outbox;
	rowOf(id: string): Promise<Delivery>;
	/** The row once it is neither pending nor leased. */
	settled(id: string): Promise<Delivery>;
	sentTo(address: string | undefined): TestChannel["taken"];
	countOf(state: Delivery["state"]): Promise<number>;
	/** Its deadline was a second ago. */
	makeLate(id: string): Promise<void>;
	/** The lease of whoever sends it is over. */
	endLease(id: string): Promise<void>;
	/** It was queued so much earlier. */
	makeOlder(id: string, interval: string): Promise<void>;
	/** Ends everything that is still open, so that it stays with the test that queued it. */
	bury(): Promise<void>;
}

export function outboxWorld(db: Db): OutboxWorld {
	const sms = testChannel("sms");
	const deps = testDeps(db, [sms]);
	async function rowOf(id: string): Promise<Delivery> {
		const [row] = await db.select().from(deliveries).where(eq(deliveries.id, id));
		if (row === undefined) throw new Error("there is no such delivery");
		return row;
	}
	return {
		deps,
		sms,
		rowOf,
		start(options = {}, own = deps) {
			const outbox = startOutbox(own, { pollMs: 20, backOff: atOnce, ...options });
			onTestFinished(() => outbox.stop(5000));
			return outbox;
		},
		settled(id) {
			const probe = async () => {
				const row = await rowOf(id);
				return row.state !== "pending" && row.state !== "leased" && row;
			};
			return until(probe, 10_000, async () => JSON.stringify(await rowOf(id)));
		},
		countOf: (state) => db.$count(deliveries, eq(deliveries.state, state)),
		async makeLate(id) {
			await db.execute(sql`update deliveries set deadline_at = now() - interval '1 second' where id = ${id}`);
		},
		async endLease(id) {
			await db.execute(sql`update deliveries set lease_until = now(), next_attempt_at = now() where id = ${id}`);
		},
		async makeOlder(id, interval) {
			await db.execute(sql`update deliveries set created_at = created_at - ${interval}::interval where id = ${id}`);
		},
		async bury() {
			await db.execute(sql`update deliveries set state = 'dead' where state in ('pending', 'leased')`);
		},
		sentTo: (address) => sms.taken.filter((message) => message.address === address),
	};
}
