import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createChannels } from "../server/channels/index.ts";
import { deliveries, identities } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { claimDeliveries } from "../server/outbox/claim.ts";
import { settle } from "../server/outbox/settle.ts";
import { SimulatorPhone } from "../server/simulator-phone.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { addDelivery, addSession, addUser, report } from "./helpers/fixture.ts";
import { atOnce, busy, claim, type OutboxWorld, outboxWorld } from "./helpers/outbox-world.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("the outbox on $name", ({ open }) => {
	let database: TestDatabase;
	let world: OutboxWorld;

	beforeAll(async () => {
		database = await open();
		world = outboxWorld(database.db);
	});
	afterAll(() => database.close());

	it("sends a message in the words of its event, and keeps the provider's id", async () => {
		const user = await addUser(world.deps);
		const session = await addSession(world.deps, user, { handle: "d" });
		await acceptEvent(world.deps, session, report("error", { tool_name: "Bash", error_message: "Exit code 3" }));
		world.sms.results.push({ ok: true, providerId: "SM1", segments: 1 });
		world.start();
		const [queued] = await world.deps.db.select().from(deliveries).where(eq(deliveries.sessionId, session.id));
		const row = await world.settled(queued?.id ?? "");
		expect(row).toMatchObject({ state: "sent", providerId: "SM1", segments: 1, attempts: 1, error: null });
		expect(world.sentTo(user.addresses[0])).toEqual([
			{
				address: user.addresses[0],
				text: '(d) Claude: "migrate billing"\nError: Bash: Exit code 3\n\nReply d + text. Reply STOP to disable',
				idempotencyKey: row.id,
			},
		]);
	});

	it("shows a simulated message on the phone and calls it delivered, since it is where the person reads it", async () => {
		const phone = new SimulatorPhone();
		const channels = createChannels({
			configured: new Map(),
			context: { publicUrl: () => new URL("http://127.0.0.1:1") },
			mac: world.deps.vault.mac,
			phone,
		});
		const user = await addUser(world.deps);
		const id = await addDelivery(world.deps, user);
		world.start({}, { ...world.deps, channels });
		expect(await world.settled(id)).toMatchObject({ state: "delivered", segments: 1 });
		expect(phone.messages).toMatchObject([{ direction: "to_phone", channel: "sms", address: user.addresses[0] }]);
		expect(world.sentTo(user.addresses[0])).toEqual([]);
	});

	it("tells what was held back since the message before", async () => {
		const user = await addUser(world.deps);
		const session = await addSession(world.deps, user);
		for (let n = 0; n < 4; n++) await acceptEvent(world.deps, session, report("error"));
		await travel(world.deps.db, "31 minutes");
		await acceptEvent(world.deps, session, report("error"));
		world.start();
		await until(
			() => world.sentTo(user.addresses[0]).length === 2,
			20_000,
			() => JSON.stringify(world.sms.taken),
		);
		expect(world.sentTo(user.addresses[0])[1]?.text).toMatch(/\n\+3 errors since \d\d:\d\d UTC\n/);
	});

	it("tries 500, 500, 200 until one message has left, with the same key each time (row 95)", async () => {
		const user = await addUser(world.deps);
		const id = await addDelivery(world.deps, user);
		world.sms.results.push(busy, busy, { ok: true, providerId: "SM2" });
		world.start();
		expect(await world.settled(id)).toMatchObject({ state: "sent", attempts: 3, providerId: "SM2", error: null });
		expect(world.sentTo(user.addresses[0]).map((message) => message.idempotencyKey)).toEqual([id, id, id]);
	});

	it("does not try again what is refused for good, and says why (row 95)", async () => {
		const user = await addUser(world.deps);
		const id = await addDelivery(world.deps, user);
		world.sms.results.push({ ok: false, retryable: false, reason: "The phone number is not valid.", code: "21211" });
		world.start();
		expect(await world.settled(id)).toMatchObject({
			state: "failed",
			attempts: 1,
			error: "The phone number is not valid.",
		});
		expect(world.sentTo(user.addresses[0])).toHaveLength(1);
	});

	it("waits as long as the provider says, and gives up when that is past the deadline", async () => {
		const user = await addUser(world.deps);
		const waiting = await addDelivery(world.deps, user);
		const [first] = await claimDeliveries(world.deps.db, claim);
		if (first === undefined) throw new Error("nothing was claimed");
		await settle(world.deps, first, { ...busy, retryAfterMs: 60_000 }, atOnce);
		const row = await world.rowOf(waiting);
		expect(row).toMatchObject({ state: "pending", error: "The provider is busy.", leaseUntil: null });
		expect(row.nextAttemptAt.getTime() - row.updatedAt.getTime()).toBe(63_000);
		expect(await claimDeliveries(world.deps.db, claim)).toEqual([]);
		await travel(world.deps.db, "64 seconds");
		const [second] = await claimDeliveries(world.deps.db, claim);
		expect(second).toMatchObject({ id: waiting, attempts: 2 });
		if (second === undefined) return;
		await settle(world.deps, { ...second, left_ms: 59_000 }, { ...busy, retryAfterMs: 60_000 }, atOnce);
		expect(await world.rowOf(waiting)).toMatchObject({ state: "dead", error: "The provider is busy." });
	});

	it("does not send what is past its deadline", async () => {
		const user = await addUser(world.deps);
		const id = await addDelivery(world.deps, user);
		await travel(world.deps.db, "61 minutes");
		world.start();
		expect(await world.settled(id)).toMatchObject({ state: "dead", error: "It could not be sent in time." });
		expect(world.sentTo(user.addresses[0])).toEqual([]);
	});

	it("learns from the provider that somebody opted out, and sends nothing more that was queued before (row 105)", async () => {
		const user = await addUser(world.deps);
		const first = await addDelivery(world.deps, user);
		world.sms.results.push({ ok: false, retryable: false, reason: "Opted out.", optedOut: true });
		const outbox = world.start();
		await world.settled(first);
		const [identity] = await world.deps.db.select().from(identities).where(eq(identities.userId, user.userId));
		expect(identity?.optedOutAt).not.toBeNull();
		const second = await addDelivery(world.deps, user);
		outbox.wake();
		expect(await world.settled(second)).toMatchObject({ state: "dead", error: "The phone has opted out." });
		expect(world.sentTo(user.addresses[0])).toHaveLength(1);
	});
});
