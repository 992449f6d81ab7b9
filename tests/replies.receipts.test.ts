import { ne } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { inbox } from "../server/db/schema.ts";
import { expireInbox } from "../server/domain/expire-inbox.ts";
import { readInbox } from "../server/domain/read-inbox.ts";
import { receiveInbound } from "../server/domain/receive-inbound.ts";
import { recordInboxReceipt } from "../server/domain/record-inbox-receipt.ts";
import { AppError } from "../server/errors.ts";
import type { InboxReceipt } from "../src/contract/inbox.ts";
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

describe.each(databases)("what becomes of a reply on $name", ({ open }) => {
	let database: TestDatabase;
	let world: ReplyWorld;
	let user: SeededUser;
	let sessionId: string;

	beforeAll(async () => {
		database = await open();
	});
	afterAll(() => database.close());
	beforeEach(async () => {
		world = replyWorld(database.db);
		user = await seedUser(world.deps);
		sessionId = await seedSession(database.db, user, "b");
	});

	async function reply(text: string): Promise<string> {
		const stored = await receiveInbound(world.deps, sms(user, text));
		if (stored.outcome !== "stored") throw new Error(`not stored: ${stored.outcome}`);
		return stored.id;
	}
	const read = (after = 0) => readInbox(world.deps, { sessionId, after });
	const textsAfter = async (after: number) => (await read(after)).messages.map((message) => message.text);
	const settle = (id: string, state: InboxReceipt["state"], more: Partial<InboxReceipt> = {}) =>
		recordInboxReceipt(world.deps, { sessionId, id }, { state, via: "socket", ...more });
	const statesOf = async () => (await inboxOf(database.db, sessionId)).map((message) => message.state);

	describe("receipts", () => {
		it("tells the phone that the session saw it, once, however often that is reported", async () => {
			const id = await reply("go");
			await read();
			expect(await settle(id, "seen")).toEqual({ id, state: "seen" });
			const again = await Promise.all(Array.from({ length: 5 }, () => settle(id, "seen", { via: "prompt" })));
			expect(new Set(again.map(({ state }) => state))).toEqual(new Set(["seen"]));
			expect(await noticesOf(database.db, user)).toEqual([{ kind: "seen", handle: "b", description: "project b" }]);
			expect(world.wokenOutbox()).toBe(1);
			const [message] = await inboxOf(database.db, sessionId);
			expect(message).toMatchObject({ via: "socket", seenAt: expect.any(Date), deliveredAt: expect.any(Date) });
		});

		it("never goes back: seen stays seen, refused stays refused", async () => {
			const [seen, refused] = [await reply("one"), await reply("two")];
			await settle(seen, "seen");
			await settle(refused, "refused");
			for (const state of ["delivered", "refused"] as const) expect((await settle(seen, state)).state).toBe("seen");
			for (const state of ["delivered", "seen"] as const) expect((await settle(refused, state)).state).toBe("refused");
		});

		it("holds a delivered one longer, since a busy session shows it only after its tool", async () => {
			const id = await reply("go");
			const { cursor } = await read();
			expect((await settle(id, "delivered")).state).toBe("delivered");
			await travel(database.db, "9 minutes");
			expect(await textsAfter(cursor)).toEqual([]);
			await travel(database.db, "2 minutes");
			expect(await textsAfter(cursor)).toEqual(["go"]);
			expect(await statesOf()).toEqual(["delivered"]);
		});

		it("tells the phone why a session refused it, with the reason cleaned", async () => {
			const id = await reply("go");
			await settle(id, "refused", { reason: "the \u001b[31mtool\u001b[0m is off" });
			expect(await noticesOf(database.db, user)).toEqual([{ kind: "refused", reason: "the tool is off" }]);
			expect(await textsAfter(0)).toEqual([]);
		});

		it("knows no message of another session", async () => {
			const id = await reply("go");
			const other = await seedSession(database.db, user, "d");
			const attempt = recordInboxReceipt(world.deps, { sessionId: other, id }, { state: "seen", via: "socket" });
			await expect(attempt).rejects.toThrow(AppError);
			expect(await statesOf()).toEqual(["queued"]);
		});
	});

	describe("expiry", () => {
		beforeEach(async () => {
			// What other tests left open would expire here too.
			await database.db.delete(inbox).where(ne(inbox.sessionId, sessionId));
		});

		it("ends a reply that no session saw in 24 hours and says so, once (row 128)", async () => {
			await reply("go");
			await travel(database.db, "23 hours 59 minutes");
			expect(await expireInbox(world.deps)).toBe(0);
			await travel(database.db, "2 minutes");
			expect(await textsAfter(0)).toEqual([]);
			const counts = await Promise.all([expireInbox(world.deps), expireInbox(world.deps)]);
			expect(counts.toSorted()).toEqual([0, 1]);
			expect(await statesOf()).toEqual(["expired"]);
			expect(await noticesOf(database.db, user)).toEqual([
				{ kind: "refused", reason: '"project b" did not read it within 24 hours.' },
			]);
		});

		it("still believes a proof that comes after the end", async () => {
			const id = await reply("go");
			await travel(database.db, "25 hours");
			await expireInbox(world.deps);
			expect((await settle(id, "seen")).state).toBe("seen");
		});

		it("leaves what was seen as it is", async () => {
			const id = await reply("go");
			await settle(id, "seen");
			await travel(database.db, "25 hours");
			expect(await expireInbox(world.deps)).toBe(0);
		});
	});
});
