import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveries, identities } from "../server/db/schema.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { post } from "./helpers/login.ts";
import { type LiveSession, poll, startSession } from "./helpers/reply-server.ts";
import { rowCount } from "./helpers/reply-world.ts";
import type { SentMessage } from "./helpers/telegram-emulator.ts";
import {
	pairByLink,
	startTelegramServer,
	type TelegramServer,
	turnOver,
	turnShown,
} from "./helpers/telegram-reply-server.ts";

describe.each(databases)("answers on Telegram on $name", ({ open }) => {
	let database: TestDatabase;
	let rig: TelegramServer;
	beforeAll(async () => {
		database = await open();
		rig = await startTelegramServer({ database, mode: "webhook" });
	});
	afterAll(async () => {
		await rig[Symbol.asyncDispose]();
		expect(rig.telegram.violations).toEqual([]);
		await database.close();
	});

	async function pairedAnn(description = "api") {
		const ann = rig.telegram.person({ firstName: "Ann" });
		const { headers } = await pairByLink(rig, ann);
		return { ann, headers, session: await startSession(rig, { headers }, description) };
	}

	const done = (session: LiveSession, chat: number) => turnOver(rig, { session, chat, words: `of ${session.handle}` });
	const isSent = (session: LiveSession, { messageId }: SentMessage) =>
		and(eq(deliveries.sessionId, session.id), eq(deliveries.providerId, String(messageId)));
	const inboxOf = async (session: LiveSession) => (await poll(rig, session)).messages.map(({ text }) => text);

	it("come into the inbox of the only session, with who wrote them as a field", async () => {
		const { ann, session } = await pairedAnn();
		expect(await ann.send("go on <b>&")).toMatchObject({ delivered: true, answers: [{ status: 204 }] });
		const { messages } = await poll(rig, session);
		expect(messages).toMatchObject([
			{ text: "go on <b>&", from: { channel: "telegram", label: expect.stringMatching(/^Ann /) } },
		]);
	});

	it("go to the session that they answer, whether by answer or by button (row 129)", async () => {
		const { ann, headers, session: api } = await pairedAnn("api");
		const web = await startSession(rig, { headers }, "web");
		const [aboutApi, aboutWeb] = [await done(api, ann.id), await done(web, ann.id)];
		await ann.send("first", { replyTo: aboutApi.messageId });
		await ann.send("second", { replyTo: aboutWeb.messageId });
		expect(await ann.press(aboutApi.messageId, "Continue")).toMatchObject({ text: "Sent to Claude." });
		expect(await inboxOf(api)).toEqual(["first", "continue"]);
		expect(await inboxOf(web)).toEqual(["second"]);
	});

	it("go to the newest message of that number, when another bot counts from the beginning again (row 129)", async () => {
		const { ann, headers, session: api } = await pairedAnn("api");
		const web = await startSession(rig, { headers }, "web");
		const aboutApi = await done(api, ann.id);
		const aboutWeb = await done(web, ann.id);
		const number = String(aboutWeb.messageId);
		await database.db.update(deliveries).set({ providerId: number }).where(isSent(api, aboutApi));
		await ann.send("for web", { replyTo: aboutWeb.messageId });
		expect([await inboxOf(api), await inboxOf(web)]).toEqual([[], ["for web"]]);
	});

	it("are asked for their session when nothing says it, and a button settles that (row 129)", async () => {
		const { ann, headers, session: api } = await pairedAnn("api");
		const web = await startSession(rig, { headers }, "web");
		await ann.send("run the tests");
		const asked = await rig.telegram.waitForMessage(
			({ chatId, text }) => chatId === ann.id && /Which session/.test(text),
		);
		expect(await inboxOf(api)).toEqual([]);
		await ann.press(asked.messageId, `${web.handle}: web`);
		expect([await inboxOf(api), await inboxOf(web)]).toEqual([[], ["run the tests"]]);
	});

	it("to a message that is not noted yet go to no other session: the phone is asked (row 129)", async () => {
		const { ann, headers, session: api } = await pairedAnn("api");
		const web = await startSession(rig, { headers }, "web");
		await done(api, ann.id);
		rig.telegram.next({ on: "sendMessage", kind: "slow", ms: 3000 });
		const shown = await turnShown(rig, { session: web, chat: ann.id, words: "just now" });
		await ann.send("run the tests", { replyTo: shown.messageId });
		await rig.telegram.waitForMessage(({ chatId, text }) => chatId === ann.id && /Which session/.test(text));
		expect([await inboxOf(api), await inboxOf(web)]).toEqual([[], []]);
		await ann.send(web.handle);
		expect([await inboxOf(api), await inboxOf(web)]).toEqual([[], ["run the tests"]]);
	});

	it("by a button count once, however often it is pressed", async () => {
		const { ann, session } = await pairedAnn();
		const about = await done(session, ann.id);
		const presses = [0, 1, 2].map(() => ann.press(about.messageId, "Continue"));
		const words = (await Promise.all(presses)).map((shown) => shown?.text);
		expect(words.sort()).toEqual(["Sent to Claude.", "That was sent before.", "That was sent before."]);
		expect(await inboxOf(session)).toEqual(["continue"]);
	});

	it("to a session that ended go nowhere, a day later too, though another one is live (row 129)", async () => {
		const { ann, headers, session: old } = await pairedAnn("old");
		const about = await done(old, ann.id);
		const stopped = { reason: "user", final_state: "stopped", ended_at: new Date().toISOString() };
		await post(rig.server.url, `/v1/sessions/${old.id}/stop`, stopped, old.headers);
		await travel(database.db, "25 hours");
		const live = await startSession(rig, { headers }, "new");
		await ann.send("drop the table", { replyTo: about.messageId });
		const told = await rig.telegram.waitForMessage(({ chatId, text }) => chatId === ann.id && /has ended/.test(text));
		expect(told.text).toMatch(/not passed on/);
		expect(await ann.press(about.messageId, "Continue")).toMatchObject({
			text: "Nothing was sent: the session has ended, or it is not yours.",
		});
		expect(await inboxOf(live)).toEqual([]);
	});

	it("without words are told that only text counts", async () => {
		const { ann, session } = await pairedAnn();
		await ann.send("", { fields: { voice: { file_id: "x", file_unique_id: "y", duration: 3 } } });
		await rig.telegram.waitForMessage(({ chatId, text }) => chatId === ann.id && /Only text/.test(text));
		expect(await inboxOf(session)).toEqual([]);
	});

	it("follow /stop, /start and /help, and what blocking the bot means (row 105)", async () => {
		const { ann } = await pairedAnn();
		const isOff = async () => {
			const label = `Ann (…${String(ann.id).slice(-4)})`;
			const [row] = await database.db.select().from(identities).where(eq(identities.label, label));
			return row?.optedOutAt !== null;
		};
		const last = () => rig.telegram.sentTo(ann.id).at(-1)?.text;
		await ann.send("/stop");
		expect([last(), await isOff()]).toEqual(["Messages are off. /start turns them on again.", true]);
		await ann.send("/start");
		expect([last(), await isOff()]).toEqual(["Messages are on. /stop turns them off.", false]);
		await ann.send("/help");
		expect(last()).toMatch(/Answer a message/);
		await ann.block();
		expect(await isOff()).toBe(true);
		await ann.unblock();
		expect(await isOff()).toBe(true);
		await ann.start();
		expect(await isOff()).toBe(false);
	});

	it("of strangers get no answer and leave no row (row 128)", async () => {
		const eve = rig.telegram.person({ firstName: "Eve" });
		const before = await rowCount(database.db, "inbound");
		await eve.start();
		for (const text of ["/help", "/stop", "b rm -rf /", "?"]) await eve.send(text);
		await eve.block();
		expect(rig.telegram.sentTo(eve.id)).toEqual([]);
		expect(await rowCount(database.db, "inbound")).toBe(before);
	});
});
