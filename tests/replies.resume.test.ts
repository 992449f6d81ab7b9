import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { audit, deliveries, inbox } from "../server/db/schema.ts";
import { noticeWords } from "../server/domain/notice-words.ts";
import { readInbox } from "../server/domain/read-inbox.ts";
import { receiveInbound } from "../server/domain/receive-inbound.ts";
import { recordInboxReceipt } from "../server/domain/record-inbox-receipt.ts";
import { replyToken } from "../server/domain/reply-token.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import {
	inboxOf,
	noticesOf,
	type ReplyWorld,
	replyWorld,
	type SeededUser,
	seedSession,
	seedUser,
	sms,
} from "./helpers/reply-world.ts";

describe.each(databases)("a session that has ended, on $name", ({ open }) => {
	let database: TestDatabase;
	let world: ReplyWorld;
	let user: SeededUser;
	let ended: string;

	beforeAll(async () => {
		database = await open();
	});
	afterAll(() => database.close());
	beforeEach(async () => {
		world = replyWorld(database.db);
		user = await seedUser(world.deps);
		const over = { status: "ended", endedAt: new Date(), description: "api", folder: "/work/api" } as const;
		ended = await seedSession(database.db, user, "b", { ...over, agentSessionId: `claude-${user.userId}` });
	});

	const receive = (text: string, from: SeededUser = user) => receiveInbound(world.deps, sms(from, text));
	const lastWords = async () => (await noticesOf(database.db, user)).map(noticeWords).at(-1);
	const hosted = (handle = "d") => seedSession(database.db, user, handle, { hostname: "laptop" });

	it("offers to go on with it where a session of the same machine lives, and keeps the text (row 135)", async () => {
		const host = await hosted();
		expect(await receive("b run the tests")).toEqual({ outcome: "answered", notice: "session_ended" });
		expect(await lastWords()).toBe('(b) "api" has ended. Reply b resume to go on with it on laptop.');
		expect(await inboxOf(database.db, host)).toEqual([]);
		expect(await receive("B resume")).toEqual({ outcome: "answered", notice: "resuming" });
		expect(await lastWords()).toBe('(b) "api": going on with it on laptop. What Claude says at the end comes here.');
		expect(world.wokenSessions).toEqual([host]);
		const { messages } = await readInbox(world.deps, { sessionId: host, after: 0 });
		expect(messages).toMatchObject([
			{
				kind: "resume",
				text: "run the tests",
				from: { channel: "sms" },
				resume: { agent_session_id: `claude-${user.userId}`, cwd: "/work/api", handle: "b" },
			},
		]);
		expect(await receive("b resume")).toEqual({ outcome: "refused" });
		expect(await inboxOf(database.db, host)).toHaveLength(1);
	});

	it("takes the text with the word, and the newest one of what waits (row 135)", async () => {
		const host = await hosted();
		await receive("b first");
		await receive("b second");
		await receive("b resume");
		await receive("b: Resume: with a text of its own");
		const texts = (await inboxOf(database.db, host)).map(({ text, kind, resumesId }) => [text, kind, resumesId]);
		expect(texts).toEqual([
			["second", "resume", ended],
			["with a text of its own", "resume", ended],
		]);
	});

	it("says plainly when nothing runs on that machine; the text then waits ten minutes (row 135)", async () => {
		await seedSession(database.db, user, "d", { status: "stale" });
		const words = /^\(b\) "api" has ended, and no session is monitored on laptop\. Start one there .* reply b resume/;
		await receive("b go on");
		expect(await lastWords()).toMatch(words);
		await receive("b resume");
		expect(await lastWords()).toMatch(words);
		const host = await hosted("f");
		await receive("b resume");
		expect((await inboxOf(database.db, host)).map(({ text }) => text)).toEqual(["go on"]);
		await receive("b later");
		await travel(database.db, "11 minutes");
		expect(await receive("b resume")).toEqual({ outcome: "refused" });
	});

	it("goes on only on the machine of the session, and only for its owner (row 135)", async () => {
		const other = await seedUser(world.deps);
		const elsewhere = await seedSession(database.db, user, "d", { deviceId: other.deviceId });
		const theirs = await seedSession(database.db, other, "d");
		await receive("b go on");
		expect(await receive("b resume")).toEqual({ outcome: "answered", notice: "session_ended" });
		await receive("b resume steal it", other);
		for (const id of [elsewhere]) expect(await inboxOf(database.db, id)).toEqual([]);
		expect((await inboxOf(database.db, theirs)).map(({ kind }) => kind)).toEqual(["reply"]);
	});

	it("understands the word alone in answer to one of its messages, as a button sends it (row 135)", async () => {
		const host = await hosted();
		const token = replyToken(world.deps, user.identityId, ended);
		await receiveInbound(world.deps, { ...sms(user, "deploy"), pointer: { token } });
		await receiveInbound(world.deps, { ...sms(user, "resume"), pointer: { token } });
		expect((await inboxOf(database.db, host)).map(({ text, kind }) => [text, kind])).toEqual([["deploy", "resume"]]);
	});

	it("is a word like any other for a session that lives (row 135)", async () => {
		const host = await hosted();
		await receive("d resume");
		expect((await inboxOf(database.db, host)).map(({ text, kind }) => [text, kind])).toEqual([["resume", "reply"]]);
	});

	it("sends what Claude said at the end to the phone, once, cleaned and without secrets (row 135)", async () => {
		const host = await hosted();
		await receive("b resume run the tests");
		const [message] = (await readInbox(world.deps, { sessionId: host, after: 0 })).messages;
		const settle = (state: "delivered" | "seen") =>
			recordInboxReceipt(
				world.deps,
				{ sessionId: host, id: message?.id ?? "" },
				{ state, via: "resume", output: "All \u001b[32m14\u001b[0m pass.\nTOKEN=abc123def456" },
			);
		await settle("delivered");
		expect(await lastWords()).toMatch(/going on with it/);
		await settle("seen");
		await settle("seen");
		const said = (await noticesOf(database.db, user)).filter(({ kind }) => kind === "resumed");
		expect(said).toEqual([{ kind: "resumed", handle: "b", description: "api", output: "All 14 pass.\nTOKEN=***" }]);
		expect(await lastWords()).toBe('(b) "api", resumed: All 14 pass.\nTOKEN=***');
		const rows = await database.db.select().from(deliveries).where(eq(deliveries.userId, user.userId));
		expect(rows.at(-1)?.sessionId).toBe(ended);
	});

	it("is written down: who asked, for which session, and what was refused (rows 134, 135)", async () => {
		await receive("b resume secret plan");
		await hosted();
		await receive("b resume secret plan");
		const rows = await database.db.select().from(audit).where(eq(audit.userId, user.userId)).orderBy(audit.id);
		expect(rows.filter(({ action }) => action === "resume")).toMatchObject([
			{ sessionId: ended, outcome: "refused", actorKind: "phone", hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
			{ sessionId: ended, outcome: "done" },
		]);
		expect(JSON.stringify(rows)).not.toContain("secret plan");
		expect(await database.db.select().from(inbox).where(eq(inbox.resumesId, ended))).toHaveLength(1);
	});
});
