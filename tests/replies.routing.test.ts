import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { receiveInbound } from "../server/domain/receive-inbound.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import {
	inboxOf,
	noticesOf,
	type ReplyWorld,
	replyWorld,
	type SeededUser,
	seedNotification,
	seedSession,
	seedUser,
	sms,
} from "./helpers/reply-world.ts";

describe.each(databases)("the session that a reply is for on $name", ({ open }) => {
	let database: TestDatabase;
	let world: ReplyWorld;
	let user: SeededUser;

	beforeAll(async () => {
		database = await open();
	});
	afterAll(() => database.close());
	beforeEach(async () => {
		world = replyWorld(database.db);
		user = await seedUser(world.deps);
	});

	const receive = (text: string, from: Pick<SeededUser, "number"> = user) =>
		receiveInbound(world.deps, sms(from, text));
	const textsOf = async (sessionId: string) => (await inboxOf(database.db, sessionId)).map((message) => message.text);

	it("goes by the letter when several are live, in any case, and stores the rest as it came (row 129)", async () => {
		const b = await seedSession(database.db, user, "b");
		const d = await seedSession(database.db, user, "d");
		await receive("D: run the tests again");
		await receive("(b) ship it");
		expect([await textsOf(b), await textsOf(d)]).toEqual([["ship it"], ["run the tests again"]]);
	});

	it("goes to the only live session without a letter", async () => {
		const b = await seedSession(database.db, user, "b");
		await seedSession(database.db, user, "d", { status: "ended", endedAt: new Date() });
		expect(await receive("be quick")).toMatchObject({ outcome: "stored", sessionId: b });
		expect(await textsOf(b)).toEqual(["be quick"]);
	});

	it("goes to the session that notified last, for 30 minutes (row 129)", async () => {
		const b = await seedSession(database.db, user, "b");
		const d = await seedSession(database.db, user, "d");
		await seedNotification(database.db, user, b);
		await travel(database.db, "5 minutes");
		await seedNotification(database.db, user, d);
		await travel(database.db, "29 minutes");
		expect(await receive("go on")).toMatchObject({ outcome: "stored", sessionId: d });
		await travel(database.db, "2 minutes");
		expect(await receive("go on")).toEqual({ outcome: "answered", notice: "which_session" });
	});

	it("does not count what another session told another address of the same user", async () => {
		await seedSession(database.db, user, "b");
		const d = await seedSession(database.db, user, "d");
		const other = await seedUser(world.deps);
		await seedNotification(database.db, { ...user, identityId: other.identityId }, d);
		expect(await receive("go on")).toEqual({ outcome: "answered", notice: "which_session" });
	});

	it("asks with letters and descriptions when it cannot know (row 129)", async () => {
		await seedSession(database.db, user, "b");
		await seedSession(database.db, user, "d", { description: "web shop" });
		await receive("go on");
		expect(await noticesOf(database.db, user)).toEqual([
			{
				kind: "which_session",
				choices: [
					{ handle: "b", description: "project b" },
					{ handle: "d", description: "web shop" },
				],
				held: true,
			},
		]);
		expect(world.wokenOutbox()).toBe(1);
	});

	it("passes the text on when the answer is the letter alone, within ten minutes, once (row 129)", async () => {
		const b = await seedSession(database.db, user, "b");
		const d = await seedSession(database.db, user, "d");
		await receive("deploy to staging");
		await receive("no, run the tests");
		expect(await receive("D")).toMatchObject({ outcome: "stored", sessionId: d });
		expect(await receive("b")).toEqual({ outcome: "refused" });
		await receive("deploy");
		await travel(database.db, "11 minutes");
		expect(await receive("b")).toEqual({ outcome: "refused" });
		await receive("deploy");
		await receive("b something else");
		expect(await receive("b")).toEqual({ outcome: "refused" });
		expect([await textsOf(b), await textsOf(d)]).toEqual([["something else"], ["no, run the tests"]]);
	});

	it("lists the sessions for a question mark and keeps no text", async () => {
		await seedSession(database.db, user, "b");
		await seedSession(database.db, user, "d");
		await receive("?");
		expect(await noticesOf(database.db, user)).toEqual([expect.not.objectContaining({ held: true })]);
		expect(await receive("b")).toEqual({ outcome: "refused" });
	});

	it("refuses a reply to a session that ended, for 24 hours, and gives it to no other", async () => {
		const b = await seedSession(database.db, user, "b");
		await seedSession(database.db, user, "d", { status: "ended", endedAt: new Date() });
		expect(await receive("d go on")).toEqual({ outcome: "answered", notice: "session_ended" });
		expect(await textsOf(b)).toEqual([]);
		await travel(database.db, "25 hours");
		expect(await receive("d go on")).toMatchObject({ outcome: "stored", sessionId: b });
		expect(await textsOf(b)).toEqual(["d go on"]);
	});

	it("says so when nothing runs", async () => {
		expect(await receive("hello")).toEqual({ outcome: "answered", notice: "no_session" });
		expect(await noticesOf(database.db, user)).toEqual([{ kind: "no_session" }]);
	});

	it("asks for the text when only the letter came", async () => {
		await seedSession(database.db, user, "b");
		expect(await receive("b")).toEqual({ outcome: "refused" });
		expect(await noticesOf(database.db, user)).toEqual([
			{ kind: "refused", reason: expect.stringContaining("b go on") },
		]);
	});
});
