import { setTimeout as sleep } from "node:timers/promises";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveries, events } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import type { Claimed } from "../server/outbox/claim.ts";
import { Flights } from "../server/outbox/flights.ts";
import { listDead, redrive } from "../server/outbox/redrive.ts";
import type { EventType } from "../src/contract/events.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addDelivery, addSession, addUser, report, testChannel, testDeps } from "./helpers/fixture.ts";
import { busy, type OutboxWorld, outboxWorld } from "./helpers/outbox-world.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("a message that is under way on $name", ({ open }) => {
	let database: TestDatabase;
	let world: OutboxWorld;

	beforeAll(async () => {
		database = await open();
		world = outboxWorld(database.db);
	});
	afterAll(() => database.close());

	it("keeps its lease as long as its worker lives: a slow provider gets it once (row 214)", async () => {
		const user = await addUser(world.deps);
		const id = await addDelivery(world.deps, user);
		world.sms.results.push(async () => {
			await sleep(3500);
			return { ok: true, providerId: "slow" };
		});
		world.start({ leaseSeconds: 1 });
		await until(
			() => world.sentTo(user.addresses[0]).length === 1,
			5000,
			() => "it did not begin",
		);
		world.start({ leaseSeconds: 1 });
		expect(await world.settled(id)).toMatchObject({ state: "sent", attempts: 1, providerId: "slow" });
		expect(world.sentTo(user.addresses[0])).toHaveLength(1);
	});

	it("is told sent when the database is back, though it was away when the provider took it, and is not sent again", async () => {
		let away = false;
		const db = new Proxy(world.deps.db, {
			get: (target, name, receiver) => {
				const lost = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
				if (name === "execute" && away) return () => Promise.reject(lost);
				const value: unknown = Reflect.get(target, name, receiver);
				return typeof value === "function" ? value.bind(target) : value;
			},
		});
		const user = await addUser(world.deps);
		const ids = [await addDelivery(world.deps, user), await addDelivery(world.deps, await addUser(world.deps))];
		for (const each of ids) {
			world.sms.results.push(() => {
				away = true;
				return Promise.resolve({ ok: true, providerId: `taken-${each}` });
			});
		}
		world.start({}, testDeps(db, [world.sms], { vault: world.deps.vault }));
		await until(
			() => away,
			5000,
			() => "nothing was sent",
		);
		await sleep(600);
		expect(await world.countOf("leased")).toBe(2);
		away = false;
		for (const id of ids) expect(await world.settled(id)).toMatchObject({ state: "sent", attempts: 1 });
		expect(world.sms.taken.filter((message) => ids.includes(message.idempotencyKey))).toHaveLength(2);
	});

	it("and is claimed once more by the same process, which slept, runs on alone under the newer claim", async () => {
		const flights = new Flights();
		const ends: number[] = [];
		const release = Promise.withResolvers<void>();
		const claimed = (attempts: number) => ({ id: "one", attempts }) as Claimed;
		async function work(each: Claimed): Promise<undefined> {
			await release.promise;
			ends.push(each.attempts);
		}
		expect(flights.begin(claimed(1), work, () => undefined)).toBe(true);
		expect(flights.begin(claimed(2), work, () => undefined)).toBe(false);
		release.resolve();
		await flights.ended();
		expect(ends).toEqual([2]);
		expect(flights.size).toBe(0);
	});

	it("and kills its server each time is given up after twenty of them", async () => {
		const user = await addUser(world.deps);
		const id = await addDelivery(world.deps, user, { attempts: 20, state: "leased" });
		world.start();
		expect(await world.settled(id)).toMatchObject({
			state: "dead",
			error: "The server did not survive sending this message.",
		});
		expect(world.sentTo(user.addresses[0])).toEqual([]);
	});
});

describe.each(databases)("a message that was given up on $name", ({ open }) => {
	let database: TestDatabase;
	let world: OutboxWorld;

	beforeAll(async () => {
		database = await open();
		world = outboxWorld(database.db);
	});
	afterAll(() => database.close());

	it("is sent when somebody has it sent again, with all its tries before it", async () => {
		const user = await addUser(world.deps);
		const id = await addDelivery(world.deps, user);
		world.sms.results.push(...Array.from({ length: 21 }, () => busy));
		const outbox = world.start();
		expect(await world.settled(id)).toMatchObject({ state: "dead", attempts: 20, error: "The provider is busy." });
		expect(await listDead(database.db)).toMatchObject([
			{ id, state: "dead", attempts: 20, error: "The provider is busy." },
		]);
		expect(await redrive(database.db, "all")).toEqual([id]);
		outbox.wake();
		expect(await world.settled(id)).toMatchObject({ state: "sent", attempts: 1002 });
		expect(world.sentTo(user.addresses[0])).toHaveLength(22);
		expect(await redrive(database.db, "all")).toEqual([]);
		expect(await redrive(database.db, [id])).toEqual([]);
	});

	it("is sent again too late only by name where it was refused, and never to an address that opted out", async () => {
		const [refused, gone] = [await addUser(world.deps), await addUser(world.deps)];
		const ids = [
			await addDelivery(world.deps, refused, { state: "failed", deadlineAt: new Date(0) }),
			await addDelivery(world.deps, gone, { state: "dead" }),
		];
		await database.db.execute(`update identities set opted_out_at = now() where user_id = '${gone.userId}'`);
		expect(await redrive(database.db, "all")).toEqual([]);
		expect(await redrive(database.db, ids)).toEqual([ids[0]]);
		world.start();
		expect(await world.settled(ids[0] ?? "")).toMatchObject({ state: "sent" });
	});
});

describe.each(databases)("how long a message is worth sending on $name", ({ open }) => {
	const seconds: Partial<Record<EventType, number>> = {
		done: 3600,
		error: 3600,
		waiting: 3600,
		permission: 600,
		question: 600,
		progress: 120,
		session_lost: 3600,
	};
	it("hangs on its type: an hour, ten minutes for what waits for an answer, two for progress", async () => {
		const database = await open();
		const deps = testDeps(database.db, [testChannel("sms")]);
		const session = await addSession(deps, await addUser(deps));
		for (const type of Object.keys(seconds) as EventType[]) await acceptEvent(deps, session, report(type));
		const rows = await database.db
			.select({ type: events.type, created: deliveries.createdAt, deadline: deliveries.deadlineAt })
			.from(deliveries)
			.innerJoin(events, eq(events.id, deliveries.eventId));
		const found = rows.map(({ type, created, deadline }) => [type, (deadline.getTime() - created.getTime()) / 1000]);
		expect(Object.fromEntries(found)).toEqual(seconds);
		await database.close();
	});
});
