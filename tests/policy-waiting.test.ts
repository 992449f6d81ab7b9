import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deliveries, rateSlots } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { sendDigests } from "../server/domain/digest.ts";
import { readOutcomes } from "../server/domain/event-outcomes.ts";
import { muteFor } from "../server/domain/mute.ts";
import { startOutbox } from "../server/outbox/worker.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { addDelivery, report, type TestChannel, type TestDeps, testChannel, testDeps } from "./helpers/fixture.ts";
import { type PolicyWorld, policyWorld } from "./helpers/policy-world.ts";
import { until } from "./helpers/until.ts";

const busy = { ok: false, retryable: true, reason: "The provider is busy.", retryAfterMs: 45_000 } as const;

describe.each(databases)("a message that has not left when silence begins, on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: TestDeps;
	let sms: TestChannel;
	let telegram: TestChannel;
	let world: PolicyWorld;

	beforeAll(async () => {
		database = await open();
	});
	afterAll(() => database.close());
	beforeEach(async () => {
		[sms, telegram] = [testChannel("sms"), testChannel("telegram")];
		deps = testDeps(database.db, [sms, telegram]);
		world = await policyWorld(deps);
	});

	/** One worker until nothing of the user's is due, and nothing waits for another channel. */
	async function work(): Promise<void> {
		const outbox = startOutbox(deps, { pollMs: 20 });
		const open = () =>
			deps.db.$count(
				deliveries,
				sql`user_id = ${world.user.userId} and ((state in ('pending', 'leased') and next_attempt_at <= now() + interval '20 seconds')
					or (fallback_at <= now() and not fell_back))`,
			);
		await until(
			async () => (await open()) === 0,
			20_000,
			() => "messages are still due",
		);
		await outbox.stop(1000);
	}
	const taken = ({ taken: all }: TestChannel) =>
		all.filter(({ address }) => world.user.addresses.includes(address)).map(({ text }) => text);
	const states = async () => (await world.messages()).map(({ channel, state }) => `${channel} ${state}`).toSorted();
	const outcomes = () => readOutcomes(deps, world.session.id, 10);
	const mute = (seconds: number, session = false) =>
		muteFor(deps, world.user.userId, { seconds, ...(session ? { session_id: world.session.id } : {}) });
	/** From an hour ago until in an hour, by the user's clock. */
	const quietNow = () => {
		const at = (ms: number) => new Date(Date.now() + ms).toISOString().slice(11, 16);
		return world.set({ quiet: `${at(-3_600_000)}-${at(3_600_000)}`, time_zone: "UTC" });
	};

	it.each([
		["everything", false, /^Everything was muted until /],
		["its session", true, /^This session was muted until /],
	])("stays away when %s is muted, and is told in the digest afterwards (row 114)", async (_what, session, why) => {
		await world.set({ delay: 30 });
		await acceptEvent(deps, world.session, report("done", { message: "all green" }));
		await mute(600, session);
		await travel(deps.db, "31 seconds");
		await work();
		expect([...taken(sms), ...taken(telegram)]).toEqual([]);
		expect(await states()).toEqual(["sms dropped", "telegram dropped"]);
		expect(await outcomes()).toMatchObject([{ type: "done", outcome: "muted", why: expect.stringMatching(why) }]);
		await travel(deps.db, "11 minutes");
		await sendDigests(deps);
		expect(await world.digests()).toHaveLength(2);
		await work();
		expect(taken(sms)).toEqual([expect.stringContaining("all green")]);
	});

	it("and is tried again because its provider was busy stays away in quiet hours, and is told when they end (row 114)", async () => {
		for (const channel of [sms, telegram]) channel.results.push(busy);
		await acceptEvent(deps, world.session, report("done"));
		await work();
		expect(await states()).toEqual(["sms pending", "telegram pending"]);
		await quietNow();
		await travel(deps.db, "1 minute");
		await work();
		expect([taken(sms).length, taken(telegram).length]).toEqual([1, 1]);
		expect(await outcomes()).toMatchObject([{ outcome: "quiet", why: expect.stringMatching(/^Quiet hours until /) }]);
		await world.set({ quiet: "off" });
		await travel(deps.db, "2 hours");
		await sendDigests(deps);
		expect(await world.digests()).toHaveLength(2);
	});

	it("does not fall to the next channel in quiet hours, and what is important does (row 114)", async () => {
		await world.set({ "priority.error": "high" });
		// By SMS there was one of each a moment ago.
		for (const kind of ["done", "error"]) {
			await deps.db.insert(rateSlots).values({ scope: `session:${world.session.id}`, kind, class: "metered" });
		}
		await acceptEvent(deps, world.session, report("done"));
		await acceptEvent(deps, world.session, report("error", { error_message: "disk full" }));
		expect(await states()).toEqual(["telegram pending", "telegram pending"]);
		await deps.db
			.update(deliveries)
			.set({ state: "failed", fallbackAt: sql`now()` })
			.where(sql`user_id = ${world.user.userId}`);
		await quietNow();
		await work();
		expect(await states()).toEqual(["sms dropped", "sms sent", "telegram failed", "telegram failed"]);
		expect(taken(sms)).toEqual([expect.stringContaining("disk full")]);
		expect((await outcomes()).map(({ type, outcome }) => `${type} ${outcome}`).toSorted()).toEqual([
			"done quiet",
			"error sent",
		]);
	});

	it("leaves when it is no news of a session: a test that was asked for is never silenced", async () => {
		const id = await addDelivery(deps, world.user);
		await mute(600);
		await work();
		expect(taken(sms)).toHaveLength(1);
		expect(await deps.db.$count(deliveries, sql`id = ${id} and state = 'sent'`)).toBe(1);
	});

	it("on one channel when the other has brought it is dropped there, and no digest tells it again", async () => {
		sms.results.push(busy);
		await acceptEvent(deps, world.session, report("done"));
		await work();
		expect(await states()).toEqual(["sms pending", "telegram sent"]);
		await mute(600);
		await travel(deps.db, "1 minute");
		await work();
		expect(await states()).toEqual(["sms dropped", "telegram sent"]);
		expect(await outcomes()).toMatchObject([{ outcome: "sent" }]);
		await travel(deps.db, "10 minutes");
		await sendDigests(deps);
		expect(await world.digests()).toEqual([]);
	});
});
