import type { SQLWrapper } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeliveryResult } from "../server/channels/channel.ts";
import type { Db } from "../server/db/client.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addDelivery, addUser, testDeps } from "./helpers/fixture.ts";
import { busy, type OutboxWorld, outboxWorld } from "./helpers/outbox-world.ts";
import { until } from "./helpers/until.ts";

/** A provider's answer that is given when the test says so. */
function promisedAnswer() {
	const taken = Promise.withResolvers<DeliveryResult>();
	const answer = {
		asked: false,
		give: () => {
			answer.asked = true;
			return taken.promise;
		},
		take: () => taken.resolve({ ok: true, providerId: "once" }),
	};
	return answer;
}

/** The database; `after` hears of each statement that the worker ran, and keeps its answer until it resolves. */
function watched(db: Db, after: (text: string, rows: number) => Promise<void>): Db {
	return new Proxy(db, {
		get: (target, name) => {
			const value: unknown = Reflect.get(target, name, target);
			if (name !== "execute") return typeof value === "function" ? value.bind(target) : value;
			return async (query: SQLWrapper) => {
				const result = await target.execute(query);
				const { sql: text } = new PgDialect().sqlToQuery(query.getSQL());
				await after(text, (result as unknown as { rows: unknown[] }).rows.length);
				return result;
			};
		},
	});
}

const isClaim = (text: string) => text.startsWith("with due as");

describe.each(databases)("a message on $name", ({ open }) => {
	let database: TestDatabase;
	let world: OutboxWorld;

	beforeAll(async () => {
		database = await open();
		world = outboxWorld(database.db);
	});
	afterAll(() => database.close());

	it("claimed once more in the moment in which it is noted as sent is not sent again (row 214)", async () => {
		const [held, open, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), promisedAnswer()];
		let claims = 0;
		const db = watched(world.deps.db, async (text, rows) => {
			if (!isClaim(text)) return;
			claims += 1;
			if (rows === 0 || !answer.asked) return;
			held.resolve();
			await open.promise;
		});
		const user = await addUser(world.deps);
		const id = await addDelivery(world.deps, user);
		world.sms.results.push(answer.give);
		const own = testDeps(db, [world.sms], { vault: world.deps.vault });
		const outbox = world.start({}, own);
		await until(
			() => answer.asked,
			20_000,
			() => "it did not begin",
		);
		// The database was away for longer than the lease.
		await world.endLease(id);
		outbox.wake();
		await held.promise;
		answer.take();
		await until(
			() => own.logged().includes("message sent"),
			20_000,
			() => own.logged(),
		);
		open.resolve();
		const before = claims;
		await until(
			() => claims > before,
			20_000,
			() => "it claims no more",
		);
		expect(world.sentTo(user.addresses[0])).toHaveLength(1);
		expect(await world.rowOf(id)).toMatchObject({ state: "sent", attempts: 2, providerId: "once" });
	});

	it("claimed again in the moment in which it is noted for another try is tried then, not when that lease ends (row 214)", async () => {
		const again = Promise.withResolvers<void>();
		let times = 0;
		const db = watched(world.deps.db, async (text, rows) => {
			if (/set state = 'pending'/.test(text)) await again.promise;
			if (!isClaim(text)) return;
			// The claim after the second one: what that took was handed over.
			if (times === 2) again.resolve();
			times += rows;
		});
		const user = await addUser(world.deps);
		const id = await addDelivery(world.deps, user);
		world.sms.results.push(busy);
		world.start({ leaseSeconds: 600 }, testDeps(db, [world.sms], { vault: world.deps.vault }));
		expect(await world.settled(id)).toMatchObject({ state: "sent", attempts: 2 });
		expect(world.sentTo(user.addresses[0])).toHaveLength(2);
	});
});
