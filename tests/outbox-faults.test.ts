import { eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeliveryResult } from "../server/channels/channel.ts";
import { deliveries, identities } from "../server/db/schema.ts";
import { claimDeliveries } from "../server/outbox/claim.ts";
import { settle } from "../server/outbox/settle.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { addDelivery, addUser, type TestUser, testDeps } from "./helpers/fixture.ts";
import { atOnce, busy, claim, type OutboxWorld, outboxWorld } from "./helpers/outbox-world.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("the outbox, when things go wrong, on $name", ({ open }) => {
	let database: TestDatabase;
	let world: OutboxWorld;

	beforeAll(async () => {
		database = await open();
		world = outboxWorld(database.db);
	});
	afterAll(() => database.close());

	const addUsers = (count: number) => Promise.all(Array.from({ length: count }, () => addUser(world.deps)));
	const sentIds = (users: TestUser[]) =>
		users.flatMap(({ addresses }) => world.sentTo(addresses[0]).map((message) => message.idempotencyKey)).toSorted();

	it("offers what a killed worker had claimed again, once its lease is over (row 214)", async () => {
		const id = await addDelivery(world.deps, await addUser(world.deps));
		expect(await claimDeliveries(world.deps.db, claim)).toMatchObject([{ id, attempts: 1 }]);
		expect(await claimDeliveries(world.deps.db, claim)).toEqual([]);
		await travel(world.deps.db, "15 seconds");
		expect(await claimDeliveries(world.deps.db, claim)).toEqual([]);
		await travel(world.deps.db, "15 seconds");
		world.start();
		expect(await world.settled(id)).toMatchObject({ state: "sent", attempts: 2 });
	});

	it("lets a worker that was overtaken settle nothing but a success", async () => {
		const id = await addDelivery(world.deps, await addUser(world.deps));
		const [slow] = await claimDeliveries(world.deps.db, claim);
		await travel(world.deps.db, "31 seconds");
		const [quick] = await claimDeliveries(world.deps.db, claim);
		if (slow === undefined || quick === undefined) throw new Error("nothing was claimed");
		await settle(world.deps, slow, { ok: false, retryable: false, reason: "Too late to say." }, atOnce);
		expect(await world.rowOf(id)).toMatchObject({ state: "leased", attempts: 2, error: null });
		await settle(world.deps, slow, { ok: true, providerId: "SM3" }, atOnce);
		await settle(world.deps, quick, { ok: false, retryable: true, reason: "Too late to say." }, atOnce);
		expect(await world.rowOf(id)).toMatchObject({ state: "sent", providerId: "SM3", error: null });
	});

	it("gives each message to one of several claims that are made at once", async () => {
		const ids: string[] = [];
		for (let n = 0; n < 40; n++) ids.push(await addDelivery(world.deps, await addUser(world.deps)));
		const claims = await Promise.all(Array.from({ length: 8 }, () => claimDeliveries(world.deps.db, claim)));
		const claimed = claims.flat().map((row) => row.id);
		expect(claimed.toSorted()).toEqual(ids.toSorted());
		await world.deps.db.update(deliveries).set({ state: "dead" }).where(inArray(deliveries.id, ids));
	});

	it("sends each of 60 messages once with two workers side by side (row 193)", async () => {
		const users = await addUsers(20);
		const ids: string[] = [];
		for (const user of [...users, ...users, ...users]) ids.push(await addDelivery(world.deps, user));
		world.start({ concurrency: 5 });
		world.start({ concurrency: 5 });
		const last = await Promise.all(ids.map(world.settled));
		expect(new Set(last.map((row) => row.state))).toEqual(new Set(["sent"]));
		expect(sentIds(users)).toEqual(ids.toSorted());
	});

	it("lets one message that breaks its sending stop no other, and gives it up after five bugs", async () => {
		const user = await addUser(world.deps);
		const poison = await addDelivery(world.deps, { ...user, identityIds: (await addUser(world.deps)).identityIds });
		await world.deps.db
			.update(identities)
			.set({ addressSealed: "not sealed" })
			.where(eq(identities.id, (await world.rowOf(poison)).identityId));
		const good = await addDelivery(world.deps, user);
		world.start({ concurrency: 1 });
		expect(await world.settled(good)).toMatchObject({ state: "sent" });
		expect(await world.settled(poison)).toMatchObject({
			state: "dead",
			attempts: 5,
			error: "The server could not make this message.",
		});
		expect(world.deps.logged()).toContain("sending a message failed by a bug");
	});

	it("takes back the place of a channel that ignores its signal", async () => {
		const user = await addUser(world.deps);
		const deaf = await addDelivery(world.deps, user);
		world.sms.results.push(() => new Promise(() => undefined));
		world.start({ concurrency: 1, sendTimeoutMs: 50 });
		expect(await world.settled(deaf)).toMatchObject({ state: "sent", attempts: 2 });
	});

	it("has no more messages under way than it may, and stops only after them (row 214)", async () => {
		const users = await addUsers(6);
		const ids = await Promise.all(users.map((user) => addDelivery(world.deps, user)));
		const release = Promise.withResolvers<DeliveryResult>();
		world.sms.results.push(...ids.map(() => () => release.promise));
		const outbox = world.start({ concurrency: 4 });
		await until(
			() => sentIds(users).length === 4,
			5000,
			() => "four are not under way",
		);
		const stopping = outbox.stop(5000);
		release.resolve({ ok: true, providerId: "late" });
		await stopping;
		const states = await Promise.all(ids.map(async (id) => (await world.rowOf(id)).state));
		expect(states.toSorted()).toEqual(["pending", "pending", "sent", "sent", "sent", "sent"]);
		world.sms.results.length = 0;
		await world.deps.db.update(deliveries).set({ state: "dead" }).where(inArray(deliveries.id, ids));
	});

	it("leaves what it could not settle in time to the next server", async () => {
		const id = await addDelivery(world.deps, await addUser(world.deps));
		const release = Promise.withResolvers<DeliveryResult>();
		world.sms.results.push(() => release.promise);
		const outbox = world.start();
		await until(
			async () => (await world.rowOf(id)).state === "leased",
			5000,
			() => "it is not under way",
		);
		await outbox.stop(50);
		expect(await world.rowOf(id)).toMatchObject({ state: "leased" });
		expect(world.deps.logged()).toContain("stopped before these messages were settled");
		release.resolve({ ok: true, providerId: "late" });
		await world.settled(id);
	});

	it("goes on by itself when the database is back, and complains once meanwhile", async () => {
		let away = true;
		const db = new Proxy(world.deps.db, {
			get: (target, name, receiver) => {
				if (name === "execute" && away) return () => Promise.reject(new Error("connection refused"));
				const value: unknown = Reflect.get(target, name, receiver);
				return typeof value === "function" ? value.bind(target) : value;
			},
		});
		const own = testDeps(db, [world.sms], { vault: world.deps.vault });
		const id = await addDelivery(world.deps, await addUser(world.deps));
		const outbox = world.start({}, own);
		for (let n = 0; n < 5; n++) outbox.wake();
		await until(
			() => own.logged() !== "",
			5000,
			() => "nothing was logged",
		);
		away = false;
		await world.settled(id);
		expect(own.logged().match(/the outbox cannot read its queue/g)).toHaveLength(1);
	});

	it("sends neither secrets nor addresses into the log", async () => {
		const user = await addUser(world.deps);
		for (const result of [busy, { ok: true, providerId: "SM9" } as const]) world.sms.results.push(result);
		const id = await addDelivery(world.deps, user);
		world.start();
		await world.settled(id);
		expect(world.deps.logged()).toContain(id);
		expect(world.deps.logged()).not.toContain(user.addresses[0]);
	});
});
