import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deliveries, identities, threads } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import type { EventType } from "../src/contract/events.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { addDelivery, addSession, addUser, report, type TestDeps, type TestUser, testDeps } from "./helpers/fixture.ts";
import { outboxWorld } from "./helpers/outbox-world.ts";
import type { Person } from "./helpers/telegram-people.ts";
import { openTelegramRig, type TelegramRig } from "./helpers/telegram-rig.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("Telegram behind the outbox on $name", ({ open }) => {
	let database: TestDatabase;
	let rig: TelegramRig;
	let deps: TestDeps;
	let ann: Person;
	let user: TestUser;
	beforeAll(async () => {
		database = await open();
	});
	afterAll(() => database.close());
	beforeEach(async () => {
		await begin(await openTelegramRig());
	});
	afterEach(() => rig[Symbol.asyncDispose]());

	let people = 0;
	async function begin(opened: TelegramRig): Promise<void> {
		rig = opened;
		deps = testDeps(database.db, [rig.channel]);
		ann = rig.telegram.person({ id: 6_600_000_000 + ++people });
		await ann.start();
		user = await userAt(String(ann.id));
	}

	/** A user whose only address this is. */
	async function userAt(address: string): Promise<TestUser> {
		const user = await addUser(deps, ["telegram"]);
		const sealed = { addressSealed: deps.vault.seal(address), addressMac: deps.vault.mac("address", address) };
		await database.db.update(identities).set(sealed).where(eq(identities.userId, user.userId));
		return { ...user, addresses: [address] };
	}

	const chat = () => Number(user.addresses[0]?.split("/")[0]);
	const identity = async () => {
		const [row] = await database.db.select().from(identities).where(eq(identities.userId, user.userId));
		if (row === undefined) throw new Error("the user has no address");
		return row;
	};
	const world = () => outboxWorld(database.db);

	/** Takes an event of a session, a minute after the last one, and waits until its message is sent. */
	async function happen(session: { id: string; userId: string }, type: EventType, message: string): Promise<void> {
		await travel(database.db, "61 seconds");
		const { outcome } = await acceptEvent(deps, session, report(type, { message }));
		if (outcome !== "queued") throw new Error(outcome);
		await until(
			async () => {
				const rows = await database.db.select().from(deliveries).where(eq(deliveries.sessionId, session.id));
				return rows.every(({ state }) => state === "sent");
			},
			20_000,
			() => deps.logged(),
		);
	}

	it("edits a turn's progress in place, and begins a new message when the phone must ring", async () => {
		world().start({}, deps);
		const session = await addSession(deps, user);
		for (const step of ["reading", "writing", "testing"]) await happen(session, "progress", step);
		await happen(session, "done", "all green");
		for (const step of ["again", "and again"]) await happen(session, "progress", step);
		const shown = rig.telegram.sentTo(chat()).map(({ text, silent, edits }) => ({
			says: /reading|writing|testing|all green|and again|again/.exec(text)?.[0],
			silent,
			edits: edits.length,
		}));
		expect(shown).toEqual([
			{ says: "testing", silent: true, edits: 2 },
			{ says: "all green", silent: false, edits: 0 },
			{ says: "and again", silent: true, edits: 1 },
		]);
	});

	it("keeps each session's topic, and takes the next one when it was deleted (row 129)", async () => {
		await rig[Symbol.asyncDispose]();
		await begin(await openTelegramRig({ topics: true }));
		world().start({}, deps);
		const session = await addSession(deps, user);
		const stored = (topic: number | undefined) =>
			until(
				async () => {
					const [row] = await database.db.select().from(threads).where(eq(threads.sessionId, session.id));
					return row?.thread === String(topic);
				},
				5000,
				() => `topic ${topic} was not stored`,
			);
		await happen(session, "done", "one");
		const first = rig.telegram.sentTo(chat())[0]?.threadId;
		await stored(first);
		ann.deleteTopic(first ?? 0);
		await happen(session, "done", "two");
		const second = rig.telegram.sentTo(chat())[1]?.threadId;
		expect(second).not.toBe(first);
		await stored(second);
	});

	it("takes a topic's number over from a session that had it with the bot of before (row 129)", async () => {
		await rig[Symbol.asyncDispose]();
		await begin(await openTelegramRig({ topics: true }));
		const [old, session] = [await addSession(deps, user), await addSession(deps, user, { handle: "c" })];
		const first = world().start({}, deps);
		await happen(old, "done", "one");
		await first.stop(5000);
		const topic = rig.telegram.sentTo(chat())[0]?.threadId;
		await rig[Symbol.asyncDispose]();
		rig = await openTelegramRig({ topics: true });
		await rig.telegram.person({ id: chat() }).start();
		world().start({}, { ...deps, channels: new Map([["telegram", rig.channel]]) });
		await happen(session, "done", "two");
		// It counts from the beginning again.
		expect(rig.telegram.sentTo(chat()).map(({ threadId }) => threadId)).toEqual([topic]);
		const rows = await database.db
			.select()
			.from(threads)
			.where(eq(threads.identityId, user.identityIds[0] ?? ""));
		expect(rows).toMatchObject([{ sessionId: session.id, thread: String(topic) }]);
	});

	it("switches the channel off when the person blocked the bot, and sends nothing more there (row 105)", async () => {
		const outbox = world();
		const worker = outbox.start({}, deps);
		await ann.block();
		const refused = await addDelivery(deps, user, { channel: "telegram" });
		worker.wake();
		expect(await outbox.settled(refused)).toMatchObject({
			state: "failed",
			error: expect.stringContaining("blocked the bot"),
		});
		expect((await identity()).optedOutAt).not.toBeNull();
		const before = rig.telegram.attempts.length;
		const next = await addDelivery(deps, user, { channel: "telegram" });
		worker.wake();
		expect(await outbox.settled(next)).toMatchObject({ state: "dead" });
		expect(rig.telegram.attempts).toHaveLength(before);
	});

	it("stores where a group went, and writes there from then on (row 102)", async () => {
		const outbox = world();
		const worker = outbox.start({}, deps);
		const group = rig.telegram.group({ title: "Builders" });
		user = await userAt(`${group.id}/${ann.id}`);
		const now = await group.migrate(ann);
		for (let times = 0; times < 2; times++) {
			const id = await addDelivery(deps, user, { channel: "telegram" });
			worker.wake();
			await outbox.settled(id);
			await until(
				async () => deps.vault.open((await identity()).addressSealed) === `${now}/${ann.id}`,
				5000,
				() => "the address did not move",
			);
		}
		expect((await identity()).addressMac).toBe(deps.vault.mac("address", `${now}/${ann.id}`));
		expect(rig.telegram.sentTo(now)).toHaveLength(2);
		expect(rig.called("sendMessage").map(({ status }) => status)).toEqual([400, 200, 200]);
	});

	it("waits as long as Telegram says, and loses nothing by it (row 95)", async () => {
		const outbox = world();
		rig.telegram.flood(1);
		outbox.start({}, deps);
		const id = await addDelivery(deps, user, { channel: "telegram" });
		expect(await outbox.settled(id)).toMatchObject({ state: "sent", attempts: 2 });
		expect(rig.telegram.floodHits).toBe(1);
		expect(rig.telegram.sentTo(chat())).toHaveLength(1);
	});
});
