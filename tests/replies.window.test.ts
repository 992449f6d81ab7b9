import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { receiveInbound } from "../server/domain/receive-inbound.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { report, testChannel, testDeps } from "./helpers/fixture.ts";
import { type ReplyWorld, replyWorld, type SeededUser, seedSession, seedUser, sms } from "./helpers/reply-world.ts";

describe.each(databases)("the window of a session that is answered from the phone, on $name", ({ open }) => {
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

	it("lets what comes of the reply through at once, one message for each reply and type", async () => {
		const id = await seedSession(database.db, user, "b");
		const other = await seedSession(database.db, user, "c");
		const { channels } = testDeps(database.db, [testChannel("sms")]);
		const deps = { ...world.deps, channels };
		const outcome = async (sessionId: string) =>
			(await acceptEvent(deps, { id: sessionId, userId: user.userId }, report("done"))).outcome;
		expect([await outcome(id), await outcome(other)]).toEqual(["queued", "queued"]);
		expect(await outcome(id)).toBe("limited");
		expect(await receiveInbound(world.deps, sms(user, "b run the tests"))).toMatchObject({ outcome: "stored" });
		expect(await outcome(id)).toBe("queued");
		expect(await outcome(id)).toBe("limited");
		expect(await outcome(other)).toBe("limited");
	});
});
