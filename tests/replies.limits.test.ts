import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { identities } from "../server/db/schema.ts";
import { receiveInbound } from "../server/domain/receive-inbound.ts";
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

describe.each(databases)("the limits of replies on $name", ({ open }) => {
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

	describe("limits", () => {
		it("refuses the 11th reply in a minute, says so once, and takes the next minute's (rows 126, 128)", async () => {
			const b = await seedSession(database.db, user, "b");
			for (let at = 1; at <= 10; at++) expect((await receive(`go ${at}`)).outcome).toBe("stored");
			for (let at = 11; at <= 13; at++) expect((await receive(`go ${at}`)).outcome).toBe("refused");
			expect(await textsOf(b)).toHaveLength(10);
			expect(await noticesOf(database.db, user)).toEqual([
				{ kind: "refused", reason: expect.stringContaining("10 replies in a minute") },
			]);
			await travel(database.db, "61 seconds");
			expect((await receive("go")).outcome).toBe("stored");
		});

		it("holds the limit when 30 come at the same time, and lets another user through", async () => {
			const b = await seedSession(database.db, user, "b");
			const other = await seedUser(world.deps);
			await seedSession(database.db, other, "b");
			await Promise.all(Array.from({ length: 30 }, (_, at) => receive(`go ${at}`)));
			expect(await textsOf(b)).toHaveLength(10);
			expect((await receive("go", other)).outcome).toBe("stored");
		});

		it("takes 1000 characters and refuses 1001 with a reason (row 128)", async () => {
			const b = await seedSession(database.db, user, "b");
			expect((await receive("x".repeat(1000))).outcome).toBe("stored");
			expect((await receive("x".repeat(1001))).outcome).toBe("refused");
			expect((await textsOf(b)).map((text) => text.length)).toEqual([1000]);
			expect(await noticesOf(database.db, user)).toEqual([
				{ kind: "refused", reason: expect.stringMatching(/1000 characters.*1001/) },
			]);
		});
	});

	describe("the carrier's words", () => {
		const optedOutAt = async () => {
			const [row] = await database.db.select().from(identities).where(eq(identities.id, user.identityId));
			return row?.optedOutAt ?? null;
		};

		it.each(["STOP", "stop", " Unsubscribe ", "CANCEL", "end", "QUIT", "STOPALL", "REVOKE", "OPTOUT"])(
			"%s mutes the number and reaches no session (row 105)",
			async (word) => {
				const b = await seedSession(database.db, user, "b");
				expect(await receive(word)).toEqual({ outcome: "opted_out" });
				expect(await optedOutAt()).not.toBeNull();
				expect([await textsOf(b), await noticesOf(database.db, user)]).toEqual([[], []]);
			},
		);

		it.each(["START", "yes", "UNSTOP"])("%s brings the messages back (row 105)", async (word) => {
			await receive("STOP");
			expect(await receive(word)).toEqual({ outcome: "opted_in" });
			expect(await optedOutAt()).toBeNull();
		});

		it.each(["HELP", "info"])("%s is the carrier's to answer (row 105)", async (word) => {
			const b = await seedSession(database.db, user, "b");
			expect(await receive(word)).toEqual({ outcome: "carrier" });
			expect([await textsOf(b), await noticesOf(database.db, user)]).toEqual([[], []]);
		});

		it.each(["STOP PLEASE", "b stop", "stop the server"])("%s is a reply like any other (row 105)", async (text) => {
			await seedSession(database.db, user, "b");
			expect(await receive(text)).toMatchObject({ outcome: "stored" });
			expect(await optedOutAt()).toBeNull();
		});

		it("believes Twilio about keywords that the account made its own", async () => {
			expect(await receiveInbound(world.deps, { ...sms(user, "ARRÊT"), keyword: "stop" })).toEqual({
				outcome: "opted_out",
			});
			expect(await optedOutAt()).not.toBeNull();
		});

		it("sends no notice to a number that opted out, but still takes its replies", async () => {
			await receive("STOP");
			expect(await receive("hello")).toEqual({ outcome: "answered", notice: "no_session" });
			const b = await seedSession(database.db, user, "b");
			await receive("b go");
			expect([await textsOf(b), await noticesOf(database.db, user)]).toEqual([["go"], []]);
		});

		it("explains a lone YES that opts nothing in, instead of swallowing the answer", async () => {
			const b = await seedSession(database.db, user, "b");
			expect(await receive("Yes")).toEqual({ outcome: "refused" });
			expect(await noticesOf(database.db, user)).toEqual([
				{ kind: "refused", reason: expect.stringContaining("b yes") },
			]);
			await receive("b yes");
			expect(await textsOf(b)).toEqual(["yes"]);
		});
	});
});
