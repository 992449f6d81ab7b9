import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { rowsOf } from "../server/db/client.ts";
import { events } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { watchSessions } from "../server/domain/watch-sessions.ts";
import { travel } from "./helpers/database.ts";
import { addDelivery, addSession, addUser, report, testChannel, testDeps } from "./helpers/fixture.ts";
import { type NeonDatabase, openTestNeon } from "./helpers/neon-database.ts";
import { outboxWorld } from "./helpers/outbox-world.ts";
import { pairedPerson, poll, sendReceipt, startReplyServer, startSession } from "./helpers/reply-server.ts";

describe("the server on Neon's driver, through its pooler", () => {
	let database: NeonDatabase;
	beforeAll(async () => {
		database = await openTestNeon();
	});
	afterAll(() => database.close());

	it("pairs, sends a message, brings the answer to the waiting session and says that it was seen", async () => {
		await using running = await startReplyServer(database, { env: { DATABASE_URL: database.neonUrl("pooled") } });
		expect(database.kind).toBe("neon");
		const person = await pairedPerson(running);
		const session = await startSession(running, person, "migrate billing");
		const { deps } = running.server;
		const [owner] = await rowsOf(
			database.db,
			z.object({ user_id: z.string() }),
			sql`select user_id from sessions where id = ${session.id}`,
		);
		const about = { id: session.id, userId: owner?.user_id ?? "" };
		const accepted = await acceptEvent(deps, about, report("done", { message: "all green" }));
		expect(accepted).toMatchObject({ outcome: "queued", channels: [{ channel: "sms", outcome: "queued" }] });
		await running.twilio.waitForSms((sms) => sms.to === person.number && /all green/.test(sms.body));
		const waiting = poll(running, session, { wait: 20 });
		await running.twilio.reply(person.number, "deploy it");
		const { messages } = await waiting;
		expect(messages.map(({ text }) => text)).toEqual(["deploy it"]);
		await sendReceipt(running, session, messages[0]?.id ?? "", { state: "seen", via: "socket" });
		await running.twilio.waitForSms((sms) => sms.to === person.number && /has read your reply/.test(sms.body));
		expect(running.twilio.violations).toEqual([]);
	}, 30_000);

	it("queues one of 50 reports of the same moment, and tells once of a silent session", async () => {
		const deps = testDeps(database.db, [testChannel("sms")]);
		const session = await addSession(deps, await addUser(deps));
		const answers = await Promise.all(Array.from({ length: 50 }, () => acceptEvent(deps, session, report("error"))));
		expect(answers.filter(({ outcome }) => outcome === "queued")).toHaveLength(1);
		await travel(database.db, "11 minutes");
		await database.db.execute(sql`update sessions set last_heartbeat_at = now()`);
		await Promise.all([1, 2, 3].map(() => watchSessions(deps, { upMs: 86_400_000 })));
		const told = await database.db.select().from(events).where(sql`type = 'waiting' and session_id = ${session.id}`);
		expect(told).toHaveLength(1);
	});

	it("claims each message once, with two workers at it", async () => {
		const world = outboxWorld(database.db);
		const ids: string[] = [];
		for (let n = 0; n < 40; n++) ids.push(await addDelivery(world.deps, await addUser(world.deps)));
		world.start();
		world.start();
		for (const id of ids) expect((await world.settled(id)).state).toBe("sent");
		const keys = world.sms.taken.map(({ idempotencyKey }) => idempotencyKey);
		expect(keys.filter((key) => ids.includes(key)).toSorted()).toEqual(ids.toSorted());
	});
});
