import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sessions, users } from "../server/db/schema.ts";
import { noticeWords } from "../server/domain/notice-words.ts";
import { receiveInbound } from "../server/domain/receive-inbound.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import {
	inboxOf,
	noticesOf,
	type ReplyWorld,
	replyWorld,
	rowCount,
	type SeededUser,
	seedSession,
	seedUser,
	sms,
} from "./helpers/reply-world.ts";

describe.each(databases)("peace asked for on the phone, on $name", ({ open }) => {
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
	const lastWords = async () => (await noticesOf(database.db, user)).map(noticeWords).at(-1);
	/** Whole minutes that are left, of everything and of a session. */
	const left = (until: Date | null | undefined) => until && Math.round((until.getTime() - Date.now()) / 60_000);
	const allLeft = async () =>
		left((await database.db.select().from(users).where(eq(users.id, user.userId)))[0]?.mutedUntil);
	const sessionLeft = async (id: string) =>
		left((await database.db.select().from(sessions).where(eq(sessions.id, id)))[0]?.mutedUntil);

	it("mutes everything, for an hour or as long as it says, and tells until when", async () => {
		await seedSession(database.db, user, "b");
		expect(await receive("mute")).toEqual({ outcome: "answered", notice: "muted" });
		expect(await allLeft()).toBe(60);
		expect(await lastWords()).toMatch(/^Muted until \d\d:\d\d UTC\. What happens is told then\. To end it: unmute$/);
		await receive("Mute 2h");
		expect(await allLeft()).toBe(120);
		await receive("unmute");
		expect(await allLeft()).toBeNull();
		expect(await lastWords()).toBe("Messages are on again.");
	});

	it("mutes the session of a letter and no other, and says so", async () => {
		const b = await seedSession(database.db, user, "b");
		const d = await seedSession(database.db, user, "d");
		await receive("mute b 30m");
		expect([await sessionLeft(b), await sessionLeft(d), await allLeft()]).toEqual([30, null, null]);
		expect(await lastWords()).toMatch(/^\(b\) "project b" is muted until \d\d:\d\d UTC\. To end it: unmute b$/);
		await receive("unmute b");
		expect(await sessionLeft(b)).toBeNull();
		expect(await lastWords()).toBe('(b) "project b" is no longer muted.');
	});

	it("says that everything is muted all the same, and unmute alone ends all of it", async () => {
		const b = await seedSession(database.db, user, "b");
		await receive("mute 2h");
		await receive("mute b 1h");
		await receive("unmute b");
		expect(await lastWords()).toMatch(/no longer muted, but everything is until \d\d:\d\d UTC/);
		await receive("mute b 1h");
		await receive("unmute");
		expect([await sessionLeft(b), await allLeft()]).toEqual([null, null]);
	});

	it("is a reply to Claude as soon as there is one word more", async () => {
		const b = await seedSession(database.db, user, "b");
		for (const text of ["mute the audio track in the video", "mute it", "unmute the microphone", "b mute"]) {
			expect(await receive(text)).toMatchObject({ outcome: "stored" });
		}
		expect((await inboxOf(database.db, b)).map(({ text }) => text)).toEqual([
			"mute the audio track in the video",
			"mute it",
			"unmute the microphone",
			"mute",
		]);
		expect(await allLeft()).toBeNull();
	});

	it("works without any session, and for one that has ended says that", async () => {
		await receive("mute 1h");
		expect(await allLeft()).toBe(60);
		await seedSession(database.db, user, "b", { status: "ended", endedAt: new Date() });
		expect(await receive("mute b 1h")).toEqual({ outcome: "answered", notice: "session_ended" });
	});

	it("counts once when the provider brings it twice, and is nobody else's to ask", async () => {
		await seedSession(database.db, user, "b");
		const message = sms(user, "mute 1h");
		await receiveInbound(world.deps, message);
		await receive("unmute");
		expect(await receiveInbound(world.deps, message)).toEqual({ outcome: "duplicate" });
		expect(await allLeft()).toBeNull();
		const rows = await rowCount(database.db, "deliveries");
		expect(await receiveInbound(world.deps, sms({ number: "+12025559999" }, "mute b 1h"))).toEqual({
			outcome: "stranger",
		});
		expect(await rowCount(database.db, "deliveries")).toBe(rows);
	});

	it("in answer to a session's message means that session", async () => {
		const b = await seedSession(database.db, user, "b");
		await seedSession(database.db, user, "d");
		const thread = { ...sms(user, "mute 45m"), pointer: { thread: "t-1" } };
		await database.db.execute(
			`insert into threads (identity_id, session_id, thread) values ('${user.identityId}', '${b}', 't-1')`,
		);
		await receiveInbound(world.deps, thread);
		expect([await sessionLeft(b), await allLeft()]).toEqual([45, null]);
		await receiveInbound(world.deps, { ...sms(user, "unmute"), pointer: { thread: "t-1" } });
		expect(await sessionLeft(b)).toBeNull();
	});
});
