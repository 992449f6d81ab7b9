import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inbound, inbox, rateSlots, sessions } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addSession, addUser, report } from "./helpers/fixture.ts";
import { hostileReplies } from "./helpers/hostile-replies.ts";
import { answer, mailPerson, startMailServer, toldSession } from "./helpers/mail-server.ts";
import { pairedPerson, startReplyServer, startSession } from "./helpers/reply-server.ts";
import { pairByLink, startTelegramServer } from "./helpers/telegram-reply-server.ts";
import { until } from "./helpers/until.ts";
import { NtfyEmulator } from "./rows/ntfy.ts";

/** A session that its person can write to, through the provider's own webhook. */
interface Door extends AsyncDisposable {
	sessionId: string;
	/** The webhook's HTTP status. */
	send(text: string): Promise<number>;
	/** A request of so many bytes to the same webhook. */
	flood(bytes: number): Promise<number>;
	logged: string[];
}

const doors: Record<string, (database: TestDatabase) => Promise<Door>> = {
	async Twilio(database) {
		const server = await startReplyServer(database);
		const person = await pairedPerson(server);
		const { id: sessionId } = await startSession(server, person);
		return {
			sessionId,
			logged: server.logged,
			send: async (text) => (await server.twilio.reply(person.number, text)).status,
			flood: async (bytes) => (await server.twilio.reply(person.number, "x".repeat(bytes))).status,
			[Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
		};
	},
	async Telegram(database) {
		const rig = await startTelegramServer({ database, mode: "webhook" });
		const ann = rig.telegram.person();
		const { headers } = await pairByLink(rig, ann);
		const { id: sessionId } = await startSession(rig, { headers });
		const chat = { id: ann.id, type: "private", first_name: "Ann" };
		// Written by hand: the emulator refuses what Telegram's own apps would not send.
		const send = async (text: string) => {
			const id = rig.telegram.nextUpdateId();
			const message = { message_id: 100_000 + id, date: 1, chat, from: ann.user, text };
			return (await rig.telegram.deliver({ update_id: id, message })).status;
		};
		return {
			sessionId,
			logged: rig.logged,
			send,
			flood: (bytes) => send("x".repeat(bytes)),
			[Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
		};
	},
	async Resend(database) {
		const mail = await startMailServer(database);
		const person = await mailPerson(mail);
		const told = await toldSession(mail, person);
		return {
			sessionId: told.id,
			logged: mail.logged,
			send: async (text) => (await mail.resend.mail(answer(person, told, text))).status,
			async flood(bytes) {
				const body = { type: "email.received", data: { email_id: "x".repeat(bytes) } };
				return (await mail.resend.post(mail.resend.webhookUrl ?? "", body)).status;
			},
			[Symbol.asyncDispose]: () => mail[Symbol.asyncDispose](),
		};
	},
};

const of = Object.entries(doors).flatMap(([provider, openDoor]) =>
	databases.map(({ name, open }) => ({ provider, openDoor, name, open })),
);

describe.each(of)("a hostile reply by $provider on $name", ({ openDoor, open }) => {
	let database: TestDatabase;
	let door: Door;

	beforeAll(async () => {
		database = await open();
		door = await openDoor(database);
	});
	afterAll(async () => {
		await door[Symbol.asyncDispose]();
		await database.close();
	});

	/** What the session got, and nothing of what it got before. */
	async function stored(text: string): Promise<string[]> {
		await database.db.delete(rateSlots);
		await database.db.delete(inbox);
		expect([200, 204]).toContain(await door.send(text));
		const rows = await database.db.select().from(inbox).orderBy(asc(inbox.seq));
		for (const row of rows) expect([row.sessionId, row.kind]).toEqual([door.sessionId, "reply"]);
		return rows.map((row) => row.text);
	}

	it.each(hostileReplies)("of $name is clean text in its session, or nothing (rows 127, 128, 196)", async (reply) => {
		expect(await stored(reply.text)).toEqual(reply.stored === undefined ? [] : [reply.stored]);
		const [session] = await database.db.select().from(sessions).where(eq(sessions.id, door.sessionId));
		expect(session?.status).toBe("active");
	});

	it("of 10 MB is refused before it is read, and leaves no row (row 128)", async () => {
		const before = await database.db.$count(inbound);
		expect(await door.flood(10 * 1024 * 1024)).toBe(413);
		expect(await database.db.$count(inbound)).toBe(before);
	});

	it("stands in no log, whatever became of it (row 196)", () => {
		const log = door.logged.join("");
		for (const { text } of hostileReplies) expect(log).not.toContain(text.slice(0, 40));
		expect(log).not.toMatch(/"level":"error"/);
	});
});

describe.each(databases)("a hostile reply by ntfy on $name", ({ open }) => {
	it("is no reply at all: only what a button was signed with has an effect, of 10 MB as of one character (rows 50, 128)", async () => {
		const database = await open();
		const ntfy = await new NtfyEmulator().listen();
		const server = await startReplyServer(database, { env: ntfy.variables });
		const { deps } = server.server;
		const session = await addSession(deps, await addUser(deps, ["ntfy"]));
		await acceptEvent(deps, session, report("done", { message: "All tests pass." }));
		await until(
			() => ntfy.messages.length > 0,
			20_000,
			() => "no message came",
		);
		const signed = JSON.parse(ntfy.messages[0]?.actions[0]?.body ?? "");
		const before = await database.db.$count(inbound);
		for (const { text, name } of hostileReplies)
			expect(await ntfy.press("Continue", JSON.stringify({ ...signed, reply: text })), name).toBe(401);
		expect(await ntfy.press("Continue", JSON.stringify({ ...signed, reply: "x".repeat(10_000_000) }))).toBe(413);
		expect(await database.db.$count(inbound)).toBe(before);
		expect(await ntfy.press("Continue")).toBe(204);
		expect(await ntfy.press("Continue")).toBe(204);
		const rows = await database.db.select().from(inbox).where(eq(inbox.sessionId, session.id));
		expect(rows.map(({ text }) => text)).toEqual(["continue"]);
		await server[Symbol.asyncDispose]();
		await ntfy[Symbol.asyncDispose]();
		await database.close();
	});
});
