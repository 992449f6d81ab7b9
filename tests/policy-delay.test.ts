import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deliveries, sessions } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { readOutcomes } from "../server/domain/event-outcomes.ts";
import { recordHeartbeat } from "../server/domain/record-heartbeat.ts";
import { startOutbox } from "../server/outbox/worker.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { report, type TestChannel, type TestDeps, testChannel, testDeps } from "./helpers/fixture.ts";
import { type PolicyWorld, policyWorld } from "./helpers/policy-world.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("a message that waits first, on $name", ({ open }) => {
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
		await world.set({ delay: 30 });
	});

	/** One worker until nothing of the user's is due. */
	async function work(): Promise<void> {
		const outbox = startOutbox(deps, { pollMs: 20 });
		const due = () =>
			deps.db.$count(
				deliveries,
				sql`user_id = ${world.user.userId} and state in ('pending', 'leased') and next_attempt_at <= now() + interval '20 seconds'`,
			);
		await until(
			async () => (await due()) === 0,
			20_000,
			() => "messages are still due",
		);
		await outbox.stop(1000);
	}
	/** The person typed so many seconds ago. */
	function typed(seconds: number): Promise<unknown> {
		const now = Date.now();
		return recordHeartbeat(deps, world.session.id, {
			timestamp: new Date(now).toISOString(),
			last_activity: new Date(now - seconds * 1000).toISOString(),
			attended: new Date(now - seconds * 1000).toISOString(),
		});
	}
	/** The texts that reached this user: what earlier tests left waiting goes out too. */
	const taken = ({ taken: all }: TestChannel) =>
		all.filter(({ address }) => world.user.addresses.includes(address)).map(({ text }) => text);
	const sent = () => [...taken(sms), ...taken(telegram)].length;
	const outcomes = () => readOutcomes(deps, world.session.id, 10);

	it("leaves after its time when nobody did anything at the computer", async () => {
		await typed(5);
		expect(await acceptEvent(deps, world.session, report("done"))).toMatchObject({ outcome: "queued", delay: 30 });
		await work();
		expect(sent()).toBe(0);
		expect(await outcomes()).toMatchObject([{ outcome: "held", why: expect.stringMatching(/: waits a moment/) }]);
		await travel(deps.db, "31 seconds");
		await work();
		expect(sent()).toBe(2);
	});

	it("is dropped when the person typed in that session meanwhile, on every channel, and no other takes over", async () => {
		await acceptEvent(deps, world.session, report("done"));
		await travel(deps.db, "31 seconds");
		await typed(10);
		await work();
		await work();
		expect(sent()).toBe(0);
		expect((await world.messages()).map(({ state }) => state)).toEqual(["dropped", "dropped"]);
		expect(await outcomes()).toMatchObject([
			{ type: "done", outcome: "present", why: "You were back at the computer before it was sent." },
		]);
	});

	it("is not dropped for what was typed before the event, or in another session", async () => {
		await acceptEvent(deps, world.session, report("done"));
		await travel(deps.db, "31 seconds");
		await typed(45);
		await work();
		expect(sent()).toBe(2);
	});

	it("is not dropped once they answered from the phone", async () => {
		await acceptEvent(deps, world.session, report("done"));
		await travel(deps.db, "31 seconds");
		await typed(10);
		const now = new Date().toISOString();
		await recordHeartbeat(deps, world.session.id, { timestamp: now, last_activity: now });
		const [session] = await deps.db.select().from(sessions).where(eq(sessions.id, world.session.id));
		expect(session?.attendedAt).toBeNull();
		await work();
		expect(sent()).toBe(2);
	});

	it("does not hold up a newer one that need not wait", async () => {
		await acceptEvent(deps, world.session, report("done"));
		await acceptEvent(deps, world.session, report("progress", { message: "hello" }));
		await work();
		expect(taken(sms)).toEqual([expect.stringContaining("hello")]);
	});

	it("that left without waiting is not dropped while it is tried again", async () => {
		await world.set({ delay: 0 });
		sms.results.push({ ok: false, retryable: true, reason: "The provider is busy.", retryAfterMs: 45_000 });
		await acceptEvent(deps, world.session, report("done"));
		await work();
		expect(taken(sms)).toHaveLength(1);
		await travel(deps.db, "1 minute");
		await typed(5);
		await work();
		expect(taken(sms)).toHaveLength(2);
	});
});
