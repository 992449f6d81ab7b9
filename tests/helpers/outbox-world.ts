import { eq } from "drizzle-orm";
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
export const claim = { limit: 10, leaseSeconds: 30 };
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
		sentTo: (address) => sms.taken.filter((message) => message.address === address),
	};
}
