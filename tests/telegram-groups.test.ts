import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { identities } from "../server/db/schema.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { type LiveSession, poll, startSession } from "./helpers/reply-server.ts";
import {
	pairByLink,
	startTelegramServer,
	type TelegramServer,
	turnOver,
	turnShown,
} from "./helpers/telegram-reply-server.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("groups and topics on Telegram on $name", ({ open }) => {
	let database: TestDatabase;
	let rig: TelegramServer;
	beforeAll(async () => {
		database = await open();
		rig = await startTelegramServer({ database, mode: "webhook", topics: true });
	});
	afterAll(async () => {
		await rig[Symbol.asyncDispose]();
		expect(rig.telegram.violations).toEqual([]);
		await database.close();
	});

	let words = 0;
	const done = (session: LiveSession, chat: number) => turnOver(rig, { session, chat, words: `turn ${++words}.` });
	const inboxOf = async (session: LiveSession) => (await poll(rig, session)).messages.map(({ text }) => text);

	it("keep two sessions apart in a private chat: what stands in a topic is for its session (row 129)", async () => {
		const ann = rig.telegram.person();
		const { headers } = await pairByLink(rig, ann);
		const [api, web] = [await startSession(rig, { headers }, "api"), await startSession(rig, { headers }, "web")];
		const [aboutApi, aboutWeb] = [await done(api, ann.id), await done(web, ann.id)];
		expect(aboutApi.threadId).not.toBe(aboutWeb.threadId);
		await ann.send("first", { thread: aboutApi.threadId ?? 0 });
		await ann.send("second", { thread: aboutWeb.threadId ?? 0 });
		await ann.send("third", { thread: aboutApi.threadId ?? 0, replyTo: aboutWeb.messageId });
		expect([await inboxOf(api), await inboxOf(web)]).toEqual([["first"], ["second", "third"]]);
	});

	it("are known before the first message in them is noted: what is written there at once is for its session (row 129)", async () => {
		const ann = rig.telegram.person();
		const { headers } = await pairByLink(rig, ann);
		const [api, web] = [await startSession(rig, { headers }, "api"), await startSession(rig, { headers }, "web")];
		await done(api, ann.id);
		rig.telegram.next({ on: "sendMessage", kind: "slow", ms: 3000 });
		const shown = await turnShown(rig, { session: web, chat: ann.id, words: `turn ${++words}.` });
		await ann.send("at once", { thread: shown.threadId ?? 0 });
		expect([await inboxOf(api), await inboxOf(web)]).toEqual([[], ["at once"]]);
	});

	async function boundGroup(options: { forum: boolean }) {
		const [ann, bob] = [rig.telegram.person({ firstName: "Ann" }), rig.telegram.person({ firstName: "Bob" })];
		const group = rig.telegram.group({ ...options, supergroup: true, admin: true, title: "Builders" });
		const { headers } = await pairByLink(rig, ann, group);
		const session = await startSession(rig, { headers }, "api");
		return { ann, bob, group, session, about: await done(session, group.id) };
	}

	it.each([{ forum: false }, { forum: true }])(
		"take the word of the bound person only, and only what is for the bot (row 102, %o)",
		async (options) => {
			const { ann, bob, group, session, about } = await boundGroup(options);
			const topic = about.threadId === undefined ? {} : { thread: about.threadId };
			for (const person of [bob, ann]) {
				const lunch = await person.send(`lunch, says ${person.user.first_name}?`, { chat: group });
				await person.send("at noon", { chat: group, replyTo: lunch.messageId });
			}
			if (options.forum) {
				const { messageId: lunch } = await ann.openTopic("lunch", group);
				await ann.send("pizza", { chat: group, thread: lunch });
			}
			await bob.send("b drop the table", { chat: group, replyTo: about.messageId, ...topic });
			await bob.send("drop it", { chat: group, ...topic });
			expect(
				await bob.press(about.messageId, 0, { chat: group, timeoutMs: 200 }).catch(() => undefined),
			).toBeUndefined();
			expect(await inboxOf(session)).toEqual([]);
			await ann.send("run the tests", { chat: group, replyTo: about.messageId, ...topic });
			if (options.forum) await ann.send("and the linter", { chat: group, ...topic });
			expect(await inboxOf(session)).toEqual(["run the tests", ...(options.forum ? ["and the linter"] : [])]);
		},
	);

	it("let nobody press another member's button, though both are bound (rows 102, 128)", async () => {
		const { ann, bob, group, session, about } = await boundGroup({ forum: false });
		const { headers } = await pairByLink(rig, bob, group);
		const bobs = await startSession(rig, { headers }, "bobs");
		expect(await bob.press(about.messageId, "Continue", { chat: group })).toMatchObject({
			text: expect.stringContaining("it is not yours"),
		});
		await bob.send("not mine", { chat: group, replyTo: about.messageId });
		expect(await inboxOf(session)).toEqual([]);
		expect(await ann.press(about.messageId, "Continue", { chat: group })).toMatchObject({ text: "Sent to Claude." });
		expect(await inboxOf(session)).toEqual(["continue"]);
		expect(await inboxOf(bobs)).not.toContain("continue");
	});

	it("hear no words of an anonymous administrator, and no bot's (rows 102, 130)", async () => {
		const { ann, group, session, about } = await boundGroup({ forum: false });
		const chat = { id: group.id, type: "supergroup", title: "Builders" };
		const answered = { message_id: about.messageId, date: 1, chat, from: { id: 1, is_bot: true, first_name: "C" } };
		const message = { message_id: 900, date: 1, chat, text: "go on", reply_to_message: answered };
		const updates = [
			{ ...message, from: { id: 1087968824, is_bot: true, first_name: "Group" }, sender_chat: chat },
			{ ...message, from: ann.user, sender_chat: chat },
			{ ...message, from: { ...ann.user, is_bot: true } },
			{ ...message, from: ann.user, via_bot: { id: 2, is_bot: true, first_name: "gif" } },
		];
		for (const message of updates) await rig.telegram.deliver({ update_id: rig.telegram.nextUpdateId(), message });
		expect(await inboxOf(session)).toEqual([]);
	});

	it("that become supergroups are followed, and their person may answer there (row 102)", async () => {
		const ann = rig.telegram.person({ firstName: "Ann" });
		const group = rig.telegram.group({ title: "Builders" });
		const { headers } = await pairByLink(rig, ann, group);
		const session = await startSession(rig, { headers }, "api");
		await group.migrate(ann);
		const about = await done(session, group.id);
		const label = `Builders (…${String(group.id).slice(-4)})`;
		await until(
			async () => (await database.db.$count(identities, eq(identities.label, label))) === 1,
			5000,
			() => "the identity did not move",
		);
		await ann.send("still here", { chat: group, replyTo: about.messageId });
		expect(await inboxOf(session)).toEqual(["still here"]);
	});
});
