import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeliveryResult } from "../server/channels/channel.ts";
import type { deliveries } from "../server/db/schema.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addDelivery, addUser, type TestChannel, type TestUser, testChannel, testDeps } from "./helpers/fixture.ts";
import { type OutboxWorld, outboxWorld } from "./helpers/outbox-world.ts";
import { until } from "./helpers/until.ts";

const never = () => new Promise<DeliveryResult>(() => undefined);

describe.each(databases)("the outbox's lanes on $name", ({ open }) => {
	let database: TestDatabase;
	let world: OutboxWorld;

	beforeAll(async () => {
		database = await open();
		world = outboxWorld(database.db);
	});
	afterAll(() => database.close());

	const addUsers = (count: number) => Promise.all(Array.from({ length: count }, () => addUser(world.deps)));
	const queue = (user: TestUser, more: Partial<typeof deliveries.$inferInsert> = {}) =>
		addDelivery(world.deps, user, more);
	/** A channel beside SMS, in a world whose worker knows both. */
	function beside(channel: TestChannel) {
		return { ...world.deps, channels: new Map([...world.deps.channels, [channel.name, channel]]) };
	}

	it("let an SMS leave within a second though 100 messages hang at a provider that is dead (row 98)", async () => {
		const dead = testChannel("telegram", { deliver: never });
		for (const user of await addUsers(100)) await queue(user, { channel: "telegram" });
		const outbox = world.start({ concurrency: 10, pollMs: 1000, sendTimeoutMs: 15_000 }, beside(dead));
		await until(
			async () => (await world.countOf("leased")) === 10,
			5000,
			async () => `${await world.countOf("leased")} are under way`,
		);
		const [user] = await addUsers(1);
		if (user === undefined) return;
		const begun = performance.now();
		const id = await queue(user);
		outbox.wake();
		await world.settled(id);
		expect(performance.now() - begun).toBeLessThan(1000);
		expect(await world.countOf("leased")).toBe(10);
		await outbox.stop(0);
		await world.bury();
	});

	it("begin no more messages in a second than the provider takes", async () => {
		const at: number[] = [];
		const limited = testChannel("email", {
			rate: { perSecond: 5 },
			deliver: () => {
				at.push(performance.now());
				return Promise.resolve({ ok: true, providerId: `mail-${at.length}` });
			},
		});
		for (const user of await addUsers(12)) await queue(user, { channel: "email" });
		world.start({ pollMs: 60_000 }, beside(limited));
		await until(
			() => at.length === 12,
			20_000,
			() => `${at.length} of 12 were sent`,
		);
		// What a claim and its send take differs by some milliseconds.
		for (const first of at) expect(at.filter((each) => each >= first && each < first + 900).length).toBeLessThan(6);
	});

	it("leave a channel that this server does not have to one that does, until it is too late", async () => {
		const [other, user] = await addUsers(2);
		if (other === undefined || user === undefined) return;
		const id = await queue(other, { channel: "pager" });
		world.start();
		const sms = await queue(user);
		await world.settled(sms);
		expect(await world.rowOf(id)).toMatchObject({ state: "pending", attempts: 0 });
		await world.makeLate(id);
		expect(await world.settled(id)).toMatchObject({ state: "dead", error: "It could not be sent in time." });
	});
});

describe.each(databases)("the order of messages to one address on $name", ({ open }) => {
	let database: TestDatabase;
	let world: OutboxWorld;

	beforeAll(async () => {
		database = await open();
		world = outboxWorld(database.db);
	});
	afterAll(() => database.close());

	it("is the order in which they were queued, one at a time, with two workers too", async () => {
		const user = await addUser(world.deps);
		const ids: string[] = [];
		for (let n = 0; n < 12; n++) ids.push(await addDelivery(world.deps, user));
		let underWay = 0;
		let most = 0;
		for (let n = 0; n < 12; n++) {
			world.sms.results.push(async () => {
				most = Math.max(most, ++underWay);
				await new Promise((done) => setTimeout(done, 5));
				underWay -= 1;
				return { ok: true, providerId: `in-order-${n}` };
			});
		}
		world.start();
		world.start({}, testDeps(database.db, [world.sms], { vault: world.deps.vault }));
		await Promise.all(ids.map(world.settled));
		expect(world.sentTo(user.addresses[0]).map((message) => message.idempotencyKey)).toEqual(ids);
		expect(most).toBe(1);
	});

	it("is kept over a short retry, and not held up by a long one", async () => {
		const wait = (retryAfterMs: number) => ({ ok: false, retryable: true, reason: "Busy.", retryAfterMs }) as const;
		const user = await addUser(world.deps);
		world.sms.results.push(wait(300));
		const [first, second] = [await addDelivery(world.deps, user), await addDelivery(world.deps, user)];
		world.start();
		await world.settled(second);
		const keys = () => world.sentTo(user.addresses[0]).map((message) => message.idempotencyKey);
		expect(keys()).toEqual([first, first, second]);
		world.sms.results.push(wait(600_000));
		const [long, overtaking] = [await addDelivery(world.deps, user), await addDelivery(world.deps, user)];
		await until(
			async () => (await world.rowOf(long)).attempts === 1,
			5000,
			() => "it was not tried",
		);
		expect(await world.rowOf(overtaking)).toMatchObject({ state: "pending", attempts: 0 });
		await world.makeOlder(long, "11 seconds");
		await world.settled(overtaking);
		expect(await world.rowOf(long)).toMatchObject({ state: "pending", attempts: 1 });
	});

	it("puts a message that waits for its own time before no other", async () => {
		const user = await addUser(world.deps);
		const later = await addDelivery(world.deps, user, { nextAttemptAt: new Date(Date.now() + 3_600_000) });
		const now = await addDelivery(world.deps, user);
		world.start();
		await world.settled(now);
		expect(await world.rowOf(later)).toMatchObject({ state: "pending", attempts: 0 });
	});
});
