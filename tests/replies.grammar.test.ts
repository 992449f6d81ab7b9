import { eq } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sms as smsEntry } from "../server/channels/sms.ts";
import { approvals, events, sessions } from "../server/db/schema.ts";
import { noticeWords } from "../server/domain/notice-words.ts";
import { receiveInbound } from "../server/domain/receive-inbound.ts";
import { renderMessage } from "../server/domain/render-message.ts";
import type { EventDetails, EventType } from "../src/contract/events.ts";
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

describe.each(databases)("what can be asked from the phone, on $name", ({ open }) => {
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

	const receive = (text: string) => receiveInbound(world.deps, sms(user, text));
	const textsOf = async (sessionId: string) => (await inboxOf(database.db, sessionId)).map((message) => message.text);
	const lastNotice = async () => (await noticesOf(database.db, user)).at(-1);
	const lastWords = async () => {
		const notice = await lastNotice();
		return notice && noticeWords(notice);
	};
	const happened = (sessionId: string, type: EventType, details: EventDetails = {}) =>
		database.db
			.insert(events)
			.values({ id: uuidv7(), sessionId, type, details, occurredAt: new Date(), outcome: "queued" });

	describe("?", () => {
		it("lists the live sessions with what each said last and since when (row 129)", async () => {
			const b = await seedSession(database.db, user, "b");
			await seedSession(database.db, user, "c", { description: "silent" });
			const d = await seedSession(database.db, user, "d", { status: "stale" });
			await seedSession(database.db, user, "f", { status: "ended", endedAt: new Date() });
			await happened(b, "error", { tool_name: "Bash" });
			await travel(database.db, "2 minutes");
			await happened(b, "done", { message: "All **14** tests pass." });
			await happened(d, "done", { message: "x".repeat(500) });
			expect(await receive("?")).toEqual({ outcome: "answered", notice: "sessions" });
			const lines = (await lastWords())?.split("\n") ?? [];
			expect(lines).toEqual([
				expect.stringMatching(/^\(b\) "project b", \d\d:\d\d UTC: Completed successfully! All 14 tests pass\.$/),
				expect.stringMatching(/^\(c\) "silent", \d\d:\d\d UTC: nothing said yet$/),
				expect.stringMatching(/^\(d\) "project d", \d\d:\d\d UTC: Completed.*x.{0,3}, its computer cannot be reached$/),
			]);
			expect(lines[2]?.length).toBeLessThan(170);
		});

		it("shows no other user's sessions, and says so when there is none (row 129)", async () => {
			await seedSession(database.db, await seedUser(world.deps), "b");
			expect(await receive("?")).toEqual({ outcome: "answered", notice: "no_session" });
		});

		it("names every session by SMS too, and eight at most (row 129)", async () => {
			for (const handle of "bcdefghjmp")
				await seedSession(database.db, user, handle, { description: "a long name of a project" });
			await receive("?");
			const notice = await lastNotice();
			if (notice === undefined) throw new Error("nothing was said");
			const { text } = renderMessage({ kind: "notice", notice }, smsEntry.definition.style);
			for (const handle of "bcdefghj") expect(text).toContain(`(${handle})`);
			expect(text).toMatch(/and 2 more$/);
		});
	});

	describe("b?", () => {
		it("says b's state, its last event and when, open requests, and until when it is muted (row 129)", async () => {
			const b = await seedSession(database.db, user, "b");
			await happened(b, "permission", { tool_name: "Bash" });
			await database.db.insert(approvals).values({
				id: uuidv7(),
				sessionId: b,
				userId: user.userId,
				kind: "permission",
				number: 1,
				code: "abcdef",
				summary: "ls",
				requestHash: "0".repeat(64),
				expiresAt: new Date(Date.now() + 600_000),
			});
			await receive("mute b 1h");
			expect(await receive("B?")).toEqual({ outcome: "answered", notice: "session_state" });
			expect(await lastWords()).toMatch(
				/^\(b\) "project b" is monitored, 1 request open, muted until \d\d:\d\d UTC\. Last at \d\d:\d\d UTC: .*Bash/,
			);
			expect(await textsOf(b)).toEqual([]);
		});

		it("works for one that has ended, and is a text where the letter means none (row 129)", async () => {
			const b = await seedSession(database.db, user, "b");
			await seedSession(database.db, user, "d", { status: "ended", endedAt: new Date() });
			await receive("d?");
			expect(await lastWords()).toMatch(/^\(d\) "project d" has ended\. Nothing said yet; last active at /);
			await receive("x?");
			expect(await textsOf(b)).toEqual(["x?"]);
		});
	});

	describe("all: text", () => {
		it("asks first, then goes to each live session once (row 129)", async () => {
			const b = await seedSession(database.db, user, "b", { description: "api" });
			const d = await seedSession(database.db, user, "d", { description: "web" });
			const gone = await seedSession(database.db, user, "f", { status: "ended", endedAt: new Date() });
			expect(await receive("all: stop and commit")).toEqual({ outcome: "answered", notice: "confirm_all" });
			expect(await lastWords()).toBe("Send to 2 sessions: b api, d web. Reply all y");
			expect([await textsOf(b), await textsOf(d)]).toEqual([[], []]);
			const confirmation = sms(user, "All y");
			expect(await receiveInbound(world.deps, confirmation)).toEqual({ outcome: "answered", notice: "sent_to_all" });
			expect(await receiveInbound(world.deps, confirmation)).toEqual({ outcome: "duplicate" });
			expect(await receive("all y")).toEqual({ outcome: "refused" });
			for (const id of [b, d]) expect(await textsOf(id)).toEqual(["stop and commit"]);
			expect(await textsOf(gone)).toEqual([]);
			expect(world.wokenSessions.toSorted()).toEqual([b, d].toSorted());
		});

		it("forgets the text after ten minutes, and passes none on that was not confirmed (row 129)", async () => {
			const b = await seedSession(database.db, user, "b");
			await receive("all: stop");
			await travel(database.db, "11 minutes");
			expect(await receive("all y")).toEqual({ outcome: "refused" });
			expect(await receive("all:")).toEqual({ outcome: "refused" });
			expect(await textsOf(b)).toEqual([]);
		});

		it("says so when nothing runs", async () => {
			expect(await receive("all: stop")).toEqual({ outcome: "answered", notice: "no_session" });
			expect(await receive("all y")).toEqual({ outcome: "answered", notice: "no_session" });
		});
	});

	it("goes by letters of two when there are so many (row 129)", async () => {
		const [b, bd] = [await seedSession(database.db, user, "b"), await seedSession(database.db, user, "bd")];
		await receive("BD: two letters");
		await receive("b one letter");
		await receive("bd?");
		expect([await textsOf(b), await textsOf(bd)]).toEqual([["one letter"], ["two letters"]]);
		expect(await lastNotice()).toMatchObject({ kind: "session_state", session: { handle: "bd" } });
	});

	it("keeps the order in which one person sent (row 129)", async () => {
		const b = await seedSession(database.db, user, "b");
		const sent = Array.from({ length: 10 }, (_, at) => `step ${at}`);
		for (const text of sent) expect(await receive(text)).toMatchObject({ outcome: "stored" });
		expect(await textsOf(b)).toEqual(sent);
	});

	it("`?` in answer to a session's message asks that one", async () => {
		const b = await seedSession(database.db, user, "b");
		await seedSession(database.db, user, "d");
		await seedNotification(database.db, user, b);
		await database.db.execute(`update deliveries set provider_id = 'm-1' where session_id = '${b}'`);
		await receiveInbound(world.deps, { ...sms(user, "?"), pointer: { message: "m-1" } });
		expect(await lastNotice()).toMatchObject({ kind: "session_state", session: { handle: "b" } });
		const [row] = await database.db.select().from(sessions).where(eq(sessions.id, b));
		expect(row?.status).toBe("active");
	});
});
