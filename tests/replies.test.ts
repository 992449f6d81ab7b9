import { eq } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sessions } from "../server/db/schema.ts";
import { receiveInbound } from "../server/domain/receive-inbound.ts";
import { replyToken } from "../server/domain/reply-token.ts";
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

describe.each(databases)("replies on $name", ({ open }) => {
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

	describe("who may write", () => {
		it("gives a stranger no answer and leaves no row (row 128)", async () => {
			await seedSession(database.db, user, "b");
			const before = await Promise.all(
				(["inbound", "inbox", "deliveries"] as const).map((t) => rowCount(database.db, t)),
			);
			expect(await receive("b rm -rf", { number: "+12025559999" })).toEqual({ outcome: "stranger" });
			const after = await Promise.all(
				(["inbound", "inbox", "deliveries"] as const).map((t) => rowCount(database.db, t)),
			);
			expect(after).toEqual(before);
		});

		it("does not take the address of one channel for the same address on another", async () => {
			await seedSession(database.db, user, "b");
			const forged = { ...sms(user, "b go"), channel: "telegram" as const };
			expect(await receiveInbound(world.deps, forged)).toEqual({ outcome: "stranger" });
		});

		it("never reaches another user's session, whatever letter it names", async () => {
			const other = await seedUser(world.deps);
			const theirs = await seedSession(database.db, other, "b");
			expect(await receive("b go")).toEqual({ outcome: "answered", notice: "no_session" });
			expect(
				await receiveInbound(world.deps, {
					...sms(user, "go"),
					pointer: { token: replyToken(world.deps, user.identityId, theirs) },
				}),
			).toMatchObject({
				notice: "no_session",
			});
			expect(await textsOf(theirs)).toEqual([]);
		});
	});

	describe("what is stored", () => {
		it("keeps sender, channel and text in fields of their own, with a ref and a life of 24 hours", async () => {
			const b = await seedSession(database.db, user, "b");
			await receive("b go");
			const [message] = await inboxOf(database.db, b);
			expect(message).toMatchObject({
				kind: "reply",
				text: "go",
				fromChannel: "sms",
				fromLabel: `+1***${user.number.slice(-4)}`,
				identityId: user.identityId,
				state: "queued",
				ref: expect.stringMatching(/^[bcdfghjklmnpqrstvwxz0-9]{8}$/),
			});
			expect(message && message.expiresAt.getTime() - message.createdAt.getTime()).toBe(24 * 3_600_000);
		});

		it("cleans control characters, escapes and bidi out of the text (row 196)", async () => {
			const b = await seedSession(database.db, user, "b");
			await receive("b \u001b[31mred\u001b[0m \u202eright\u202c\u0000 \ud800end");
			expect(await textsOf(b)).toEqual(["red right \ufffdend"]);
		});

		it("makes two messages of two equal texts in a row", async () => {
			const b = await seedSession(database.db, user, "b");
			await receive("go on");
			await receive("go on");
			const messages = await inboxOf(database.db, b);
			expect(messages.map((message) => message.text)).toEqual(["go on", "go on"]);
			expect(new Set(messages.map((message) => message.ref)).size).toBe(2);
		});

		it("takes a redelivery of the provider once, also 20 at the same time", async () => {
			const b = await seedSession(database.db, user, "b");
			const message = sms(user, "once");
			const outcomes = await Promise.all(Array.from({ length: 20 }, () => receiveInbound(world.deps, message)));
			expect(outcomes.filter(({ outcome }) => outcome === "stored")).toHaveLength(1);
			expect(outcomes.filter(({ outcome }) => outcome === "duplicate")).toHaveLength(19);
			expect(await textsOf(b)).toEqual(["once"]);
		});

		it("takes the same id of two providers for two messages", async () => {
			const b = await seedSession(database.db, user, "b");
			const id = uuidv7();
			await receiveInbound(world.deps, sms(user, "one", id));
			await receiveInbound(world.deps, { ...sms(user, "two", id), provider: "simulator" });
			expect(await textsOf(b)).toEqual(["one", "two"]);
		});

		it("leaves nothing behind when the effect fails, so that the redelivery has it", async () => {
			const b = await seedSession(database.db, user, "b");
			const message = sms(user, "go");
			const broken = {
				...world.deps,
				secret: () => {
					throw new Error("no randomness");
				},
			};
			await expect(receiveInbound(broken, message)).rejects.toThrow("no randomness");
			expect(await receiveInbound(world.deps, message)).toMatchObject({ outcome: "stored" });
			expect(await textsOf(b)).toEqual(["go"]);
		});

		it("wakes the session's waiters once the reply is stored, and tells the phone nothing yet", async () => {
			const b = await seedSession(database.db, user, "b");
			await receive("go");
			expect(world.wokenSessions).toEqual([b]);
			expect(await noticesOf(database.db, user)).toEqual([]);
		});

		it("tells the phone that the reply waits when the session's machine is away", async () => {
			const b = await seedSession(database.db, user, "b", { status: "stale" });
			await receive("go");
			expect(await textsOf(b)).toEqual(["go"]);
			expect(await noticesOf(database.db, user)).toEqual([
				{ kind: "waiting_for_session", handle: "b", description: "project b" },
			]);
		});
	});

	it("leaves the session's status alone: a reply is no sign of life of the machine", async () => {
		const b = await seedSession(database.db, user, "b", { status: "stale" });
		await receive("go");
		const [row] = await database.db.select().from(sessions).where(eq(sessions.id, b));
		expect(row?.status).toBe("stale");
	});
});
