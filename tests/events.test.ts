import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveries, events, identities, users } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { eventLimits } from "../server/domain/limits.ts";
import type { EventType } from "../src/contract/events.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { addSession, addUser, report, type TestDeps, testChannel, testDeps } from "./helpers/fixture.ts";
import { zoneOfEvening } from "./helpers/quiet.ts";

describe.each(databases)("accepting events on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: TestDeps;

	beforeAll(async () => {
		database = await open();
		deps = testDeps(database.db, [testChannel("sms"), testChannel("telegram")]);
	});
	afterAll(() => database.close());

	const deliveriesOf = (sessionId: string) =>
		deps.db.select().from(deliveries).where(eq(deliveries.sessionId, sessionId)).orderBy(deliveries.id);
	const eventsOf = (sessionId: string) => deps.db.select().from(events).where(eq(events.sessionId, sessionId));

	it("stores the event and one message for each address, and wakes the outbox", async () => {
		const user = await addUser(deps, ["sms", "telegram"]);
		const session = await addSession(deps, user);
		const before = deps.woken;
		const event = report("error", { tool_name: "Bash", error_message: "Exit code 3" });
		expect(await acceptEvent(deps, session, event)).toEqual({
			event_id: event.id,
			outcome: "queued",
			why: null,
			delay: 0,
			channels: [
				{ channel: "sms", outcome: "queued" },
				{ channel: "telegram", outcome: "queued" },
			],
			rate_limited: false,
			next_allowed_at: null,
			retry_after: null,
		});
		expect(deps.woken).toBe(before + 1);
		expect(await eventsOf(session.id)).toMatchObject([
			{ id: event.id, type: "error", details: event.details, outcome: "queued", rateLimited: false },
		]);
		expect((await deliveriesOf(session.id)).map(({ identityId, state }) => [identityId, state])).toEqual(
			user.identityIds.map((id) => [id, "pending"]),
		);
	});

	it("gives the same id the first one's answer and changes nothing, whatever else it says", async () => {
		const user = await addUser(deps, ["sms", "telegram"]);
		const session = await addSession(deps, user);
		const event = report("done");
		const first = await acceptEvent(deps, session, event);
		const again = await acceptEvent(deps, session, { ...event, type: "error", details: { message: "other" } });
		expect(again).toEqual({ ...first, outcome: "duplicate" });
		expect(await eventsOf(session.id)).toMatchObject([{ type: "done" }]);
		expect(await deliveriesOf(session.id)).toHaveLength(2);
		const other = await addSession(deps, user, { handle: "d" });
		expect(await acceptEvent(deps, other, event)).toMatchObject({ outcome: "queued" });
	});

	it("sends one message per session and type in 30 minutes, of every type its own (row 82)", async () => {
		const session = await addSession(deps, await addUser(deps));
		const outcome = async (type: EventType) => (await acceptEvent(deps, session, report(type))).outcome;
		expect(await outcome("error")).toBe("queued");
		await travel(deps.db, "15 minutes");
		expect(await outcome("error")).toBe("limited");
		expect(await outcome("done")).toBe("queued");
		await travel(deps.db, "14 minutes");
		expect(await outcome("error")).toBe("limited");
		await travel(deps.db, "1 minute");
		expect(await outcome("error")).toBe("queued");
		const other = await addSession(deps, await addUser(deps));
		expect((await acceptEvent(deps, other, report("error"))).outcome).toBe("queued");
	});

	it("says when the next one may leave, and keeps what was blocked as a row of its own (rows 55, 83)", async () => {
		const session = await addSession(deps, await addUser(deps));
		await acceptEvent(deps, session, report("error"));
		await travel(deps.db, "10 minutes");
		const blocked = await acceptEvent(deps, session, report("error"));
		expect(blocked).toMatchObject({
			outcome: "limited",
			rate_limited: true,
			channels: [{ channel: "sms", outcome: "limited" }],
		});
		expect(blocked.retry_after).toBeGreaterThan(1190);
		expect(blocked.retry_after).toBeLessThanOrEqual(1200);
		const inTwentyMinutes = Date.now() + 1_200_000;
		expect(Math.abs(Date.parse(blocked.next_allowed_at ?? "") - inTwentyMinutes)).toBeLessThan(10_000);
		const again = await acceptEvent(deps, session, { ...report("error"), id: blocked.event_id });
		expect(again).toMatchObject({ outcome: "duplicate", rate_limited: true, channels: blocked.channels });
		expect((await eventsOf(session.id)).map(({ outcome, rateLimited }) => [outcome, rateLimited])).toEqual([
			["queued", false],
			["limited", true],
		]);
	});

	it("tells in the next message how many were held back since the last", async () => {
		const session = await addSession(deps, await addUser(deps));
		await acceptEvent(deps, session, report("error"));
		for (const type of ["error", "error", "error", "done"] as const) await acceptEvent(deps, session, report(type));
		await travel(deps.db, "31 minutes");
		await acceptEvent(deps, session, report("error"));
		await travel(deps.db, "31 minutes");
		await acceptEvent(deps, session, report("error"));
		const sent = (await deliveriesOf(session.id)).filter((row) => row.eventId !== null);
		expect(sent.map((row) => row.heldBefore)).toEqual([0, 0, 3, 0]);
		const [first, , third, last] = sent;
		expect(third?.heldSince?.getTime()).toBe(first?.createdAt.getTime());
		expect(last?.heldSince).toBeNull();
	});

	it("uses a minute's window for channels that cost nothing, and 429 is only for all of them limited", async () => {
		const session = await addSession(deps, await addUser(deps, ["sms", "telegram"]));
		await acceptEvent(deps, session, report("error"));
		const both = await acceptEvent(deps, session, report("error"));
		expect(both).toMatchObject({ outcome: "limited", rate_limited: true });
		expect(both.retry_after).toBeLessThanOrEqual(60);
		await travel(deps.db, "1 minute");
		const one = await acceptEvent(deps, session, report("error"));
		expect(one).toMatchObject({
			outcome: "queued",
			rate_limited: false,
			channels: [
				{ channel: "sms", outcome: "limited" },
				{ channel: "telegram", outcome: "queued" },
			],
		});
		expect(one.retry_after).toBeGreaterThan(1700);
	});

	it("lets 20 permission requests an hour through, whatever the window", async () => {
		const session = await addSession(deps, await addUser(deps));
		const outcomes = [];
		for (let n = 0; n < 22; n++) outcomes.push((await acceptEvent(deps, session, report("permission"))).outcome);
		expect(outcomes).toEqual([...Array(20).fill("queued"), "limited", "limited"]);
		await travel(deps.db, "1 hour");
		await acceptEvent(deps, session, report("permission"));
		expect((await deliveriesOf(session.id)).map((row) => row.heldBefore).at(-1)).toBe(2);
	});

	it("sends a user 30 SMS a day over all sessions, goes on with the other channels, and begins anew at the user's midnight (row 87)", async () => {
		const user = await addUser(deps, ["sms", "telegram"]);
		await deps.db.update(users).set({ timeZone: zoneOfEvening() }).where(eq(users.id, user.userId));
		let sms = 0;
		for (let n = 0; n < 32; n++) {
			const session = await addSession(deps, user, { handle: null });
			const { channels } = await acceptEvent(deps, session, report("error"));
			if (channels[0]?.outcome === "queued") sms += 1;
			expect(channels[1]).toEqual({ channel: "telegram", outcome: "queued" });
		}
		expect(sms).toBe(30);
		const session = await addSession(deps, user, { handle: null });
		const blocked = await acceptEvent(deps, session, report("error"));
		expect(blocked.next_allowed_at).toMatch(/:00:00\.000Z$/);
		const left = Date.parse(blocked.next_allowed_at ?? "") - Date.now();
		expect(left).toBeLessThanOrEqual(6 * 3_600_000);
		await travel(deps.db, `${Math.floor(left / 1000) - 60} seconds`);
		expect((await acceptEvent(deps, session, report("done"))).channels[0]?.outcome).toBe("limited");
		await travel(deps.db, "61 seconds");
		expect((await acceptEvent(deps, session, report("error"))).channels[0]?.outcome).toBe("queued");
		const [after] = (await deliveriesOf(session.id)).filter((row) => row.channel === "sms");
		expect(after?.heldBefore).toBe(1);
	});

	it("does not send to who opted out, nor on a channel that this server does not have, nor what is muted", async () => {
		const user = await addUser(deps, ["sms", "email"]);
		const session = await addSession(deps, user);
		expect(await acceptEvent(deps, session, report("started"))).toMatchObject({ outcome: "muted", channels: [] });
		await deps.db.update(identities).set({ optedOutAt: sql`now()` }).where(eq(identities.userId, user.userId));
		const event = report("error");
		const answer = await acceptEvent(deps, session, event);
		const channels = [{ channel: "sms", outcome: "opted_out" }];
		expect(answer).toMatchObject({ outcome: "muted", rate_limited: false, channels });
		expect(await acceptEvent(deps, session, event)).toEqual({ ...answer, outcome: "duplicate" });
		expect(await deliveriesOf(session.id)).toEqual([]);
		expect((await eventsOf(session.id)).map((row) => row.outcome)).toEqual(["muted", "muted"]);
	});

	it("stores events also on a server without any channel", async () => {
		const bare = testDeps(deps.db, [], { vault: deps.vault });
		const session = await addSession(bare, await addUser(bare));
		const event = report("error");
		expect(await acceptEvent(bare, session, event)).toMatchObject({ outcome: "muted", channels: [] });
		expect(await acceptEvent(bare, session, event)).toMatchObject({ outcome: "duplicate", channels: [] });
	});

	it("takes its windows as parameters", async () => {
		const session = await addSession(deps, await addUser(deps));
		const limits = { ...eventLimits, window: { metered: 5, free: 5 } };
		await acceptEvent(deps, session, report("error"), limits);
		await travel(deps.db, "5 seconds");
		expect((await acceptEvent(deps, session, report("error"), limits)).outcome).toBe("queued");
	});
});
