import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { rateSlots, sessions, users } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { sendDigests } from "../server/domain/digest.ts";
import { watchSessions } from "../server/domain/watch-sessions.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { addSession, report, type TestDeps, testChannel, testDeps } from "./helpers/fixture.ts";
import { type PolicyWorld, policyWorld } from "./helpers/policy-world.ts";
import { quietFor, quietIsOver, zoneOfEvening } from "./helpers/quiet.ts";

describe.each(databases)("when a phone is quiet, on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: TestDeps;
	let world: PolicyWorld;

	beforeAll(async () => {
		database = await open();
		deps = testDeps(database.db, [testChannel("sms"), testChannel("telegram")]);
	});
	afterAll(() => database.close());
	beforeEach(async () => {
		world = await policyWorld(deps);
	});

	it("holds back in quiet hours all but what is important, and takes no slot for it (row 114)", async () => {
		const { user, outcome, messages, stored } = world;
		await quietFor(deps.db, user.userId);
		expect(await outcome("done")).toBe("quiet");
		expect(await messages()).toEqual([]);
		expect(await outcome("question")).toBe("queued");
		expect(await messages()).toHaveLength(2);
		await quietIsOver(deps.db, user.userId);
		expect(await outcome("done")).toBe("queued");
		const [first] = await stored();
		expect(first).toMatchObject({ type: "done", outcome: "quiet", why: expect.stringMatching(/^Quiet hours until /) });
	});

	it("gives the same id the same answer, held back or not, also when the silence is over by then", async () => {
		const { user, session, messages, stored } = world;
		await quietFor(deps.db, user.userId);
		const event = report("done");
		const first = await acceptEvent(deps, session, event);
		expect(await acceptEvent(deps, session, event)).toEqual({ ...first, outcome: "duplicate" });
		await quietIsOver(deps.db, user.userId);
		expect(await acceptEvent(deps, session, event)).toEqual({ ...first, outcome: "duplicate" });
		expect(await messages()).toEqual([]);
		const loud = report("done");
		await acceptEvent(deps, session, loud);
		await quietFor(deps.db, user.userId);
		expect(await acceptEvent(deps, session, loud)).toMatchObject({ outcome: "duplicate", why: null });
		expect(await messages()).toHaveLength(2);
		expect(await stored()).toHaveLength(2);
	});

	it("stores one of fifty reports of the same id that come at once in quiet hours", async () => {
		const { user, session } = world;
		await quietFor(deps.db, user.userId);
		const event = report("done");
		const answers = await Promise.all(Array.from({ length: 50 }, () => acceptEvent(deps, session, event)));
		expect(answers.filter((answer) => answer.outcome === "quiet")).toHaveLength(1);
		expect(answers.filter((answer) => answer.outcome === "duplicate")).toHaveLength(49);
	});

	it("is silent while somebody typed in that session a moment ago, and not longer", async () => {
		const { user, session, set, outcome, digests } = world;
		await set({ presence: 60 });
		await deps.db.update(sessions).set({ attendedAt: sql`now()` }).where(eq(sessions.id, session.id));
		const other = await addSession(deps, user, { handle: "d" });
		expect(await outcome("done")).toBe("present");
		expect((await acceptEvent(deps, other, report("done"))).outcome).toBe("queued");
		await travel(deps.db, "61 seconds");
		expect(await outcome("done")).toBe("queued");
		await sendDigests(deps);
		expect(await digests()).toEqual([]);
	});

	it("applies to what the server itself finds out too (rows 60, 114)", async () => {
		const { user, session, messages, stored } = world;
		await quietFor(deps.db, user.userId);
		await deps.db
			.update(sessions)
			.set({ lastActivityAt: sql`now() - interval '11 minutes'` })
			.where(eq(sessions.id, session.id));
		await watchSessions(deps, { upMs: 86_400_000 });
		await watchSessions(deps, { upMs: 86_400_000 });
		expect(await stored()).toMatchObject([{ type: "waiting", outcome: "quiet" }]);
		expect(await messages()).toEqual([]);
	});

	it("limits a channel by the user's own rule, the others by theirs (rows 82, 84)", async () => {
		const { session, set } = world;
		await set({ "limit.sms.done": "2/1h", "limit.free.done": "1/10m" });
		const channels = async () =>
			(await acceptEvent(deps, session, report("done"))).channels.map((each) => `${each.channel} ${each.outcome}`);
		expect(await channels()).toEqual(["sms queued", "telegram queued"]);
		expect(await channels()).toEqual(["sms queued", "telegram limited"]);
		expect(await channels()).toEqual(["sms limited", "telegram limited"]);
		await travel(deps.db, "601 seconds");
		expect(await channels()).toEqual(["sms limited", "telegram queued"]);
		await travel(deps.db, "3000 seconds");
		expect(await channels()).toEqual(["sms queued", "telegram queued"]);
	});

	it("gives out exactly what the user's own rule allows, though 50 ask at once (row 84)", async () => {
		const { session, set } = world;
		await set({ "limit.metered.error": "5/1h" });
		const answers = await Promise.all(Array.from({ length: 50 }, () => acceptEvent(deps, session, report("error"))));
		const sms = answers.filter(({ channels }) =>
			channels.some(({ channel, outcome: each }) => channel === "sms" && each === "queued"),
		);
		expect(sms).toHaveLength(5);
	});

	it("gives nobody a second day's SMS for changing the time zone (row 87)", async () => {
		const { user, session, set } = world;
		await set({ time_zone: zoneOfEvening() });
		await acceptEvent(deps, session, report("done"));
		await deps.db
			.update(rateSlots)
			.set({ used: 30 })
			.where(eq(rateSlots.scope, `user:${user.userId}`));
		for (const zone of ["Pacific/Kiritimati", "Asia/Tokyo", "UTC", "America/New_York", "Pacific/Pago_Pago"]) {
			await set({ time_zone: zone });
			const { channels } = await acceptEvent(deps, session, report("error"));
			expect(channels[0]).toEqual({ channel: "sms", outcome: "limited" });
		}
	});

	it("keeps Claude's own words out of the window of what is told every now and then", async () => {
		const { session, set, outcome } = world;
		await set({ progress: 60 });
		expect(await outcome("progress", { running_seconds: 60 })).toBe("queued");
		expect(await outcome("progress", { message: "half way" })).toBe("queued");
		await travel(deps.db, "50 seconds");
		const second = await acceptEvent(deps, session, report("progress", { running_seconds: 110 }));
		expect(second.channels).toEqual([
			{ channel: "sms", outcome: "limited" },
			{ channel: "telegram", outcome: "queued" },
		]);
	});

	it("has what nobody stored as its default", async () => {
		const { user, outcome } = world;
		await deps.db
			.update(users)
			.set({ settings: { quiet: 5, "limit.sms.done": "x", presence: "always", delay: -3 }, timeZone: "UTC" })
			.where(eq(users.id, user.userId));
		expect(await outcome("done")).toBe("queued");
	});
});
