import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { codeIn } from "./helpers/login.ts";
import {
	beginByLink,
	exchange,
	pairByLink,
	startTelegramServer,
	type TelegramServer,
} from "./helpers/telegram-reply-server.ts";

describe.each(databases)("pairing Telegram by its link on $name", ({ open }) => {
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

	it("takes the private chat of who opens it, and the code comes there (row 101)", async () => {
		const ann = rig.telegram.person({ firstName: "Ann", username: "ann" });
		const { link, token } = await beginByLink(rig);
		expect(link).toBe(`https://t.me/claude_notify_bot?start=${token}`);
		const { label } = await pairByLink(rig, ann);
		expect(label).toBe(`Ann (…${String(ann.id).slice(-4)})`);
		expect(rig.telegram.sentTo(ann.id)[0]?.text).toMatch(/^claude-notify code: \d{6}\./);
	});

	it("takes a group, and in it the person who brought the bot there (rows 101, 102)", async () => {
		const ann = rig.telegram.person({ firstName: "Ann" });
		const group = rig.telegram.group({ title: "Builders" });
		const { label } = await pairByLink(rig, ann, group);
		expect(label).toBe(`Ann in Builders (…${String(group.id).slice(-4)})`);
	});

	it("belongs to the first who opens it: another person gets no code, and the first one's stays good (row 101)", async () => {
		const [ann, bob] = [rig.telegram.person({ firstName: "Ann" }), rig.telegram.person({ firstName: "Bob" })];
		const begun = await beginByLink(rig);
		await ann.start(begun.token);
		await bob.start(begun.token);
		expect(rig.telegram.sentTo(bob.id)).toEqual([]);
		const answer = await exchange(rig, begun, codeIn(rig.telegram.sentTo(ann.id)[0]?.text ?? ""), "laptop");
		expect(answer.body).toMatchObject({ address_masked: expect.stringMatching(/^Ann /) });
	});

	it("gives a new code when it is opened again, three at most, and only the newest is good", async () => {
		const ann = rig.telegram.person();
		const begun = await beginByLink(rig);
		for (let times = 0; times < 5; times++) await ann.start(begun.token);
		const codes = rig.telegram.sentTo(ann.id).map(({ text }) => codeIn(text));
		expect(codes).toHaveLength(3);
		const [old = "", , newest = ""] = codes;
		if (old !== newest) expect((await exchange(rig, begun, old, "laptop")).status).toBe(401);
		expect((await exchange(rig, begun, newest, "laptop")).status).toBe(200);
	});

	it("does nothing when the code was used, when nobody made it, or without one", async () => {
		const ann = rig.telegram.person();
		const begun = await beginByLink(rig);
		await ann.start(begun.token);
		const code = codeIn(rig.telegram.sentTo(ann.id)[0]?.text ?? "");
		expect((await exchange(rig, begun, code, "laptop")).status).toBe(200);
		const bob = rig.telegram.person();
		for (const token of [begun.token, "nobody-made-this", undefined]) await bob.start(token);
		expect(rig.telegram.sentTo(bob.id)).toEqual([]);
	});

	it("cannot be used before the link was opened", async () => {
		const begun = await beginByLink(rig);
		const answer = await exchange(rig, begun, "000000", "laptop");
		expect(answer.status).toBe(401);
		expect(answer.body).toMatchObject({
			message: expect.stringContaining("Open the link first"),
			details: { reason: "unopened" },
		});
	});

	it("is over after ten minutes", async () => {
		const ann = rig.telegram.person();
		const begun = await beginByLink(rig);
		await travel(database.db, "11 minutes");
		await ann.start(begun.token);
		expect(rig.telegram.sentTo(ann.id)).toEqual([]);
	});

	it("is not opened by bots, edits and channel posts (row 130)", async () => {
		const begun = await beginByLink(rig);
		const ann = rig.telegram.person();
		const text = `/start ${begun.token}`;
		const chat = { id: ann.id, type: "private", first_name: "Ann" };
		const message = { message_id: 900, date: 1, chat, text };
		const updates = [
			{ message: { ...message, from: { ...ann.user, is_bot: true } } },
			{ edited_message: { ...message, from: ann.user, edit_date: 2 } },
			{ channel_post: { ...message, chat: { id: -1002100000999, type: "channel", title: "News" } } },
			{ message: { ...message, from: { ...ann.user, id: 1 } } },
		];
		for (const update of updates) {
			const answer = await rig.telegram.deliver({ update_id: rig.telegram.nextUpdateId(), ...update });
			expect(answer.status).toBe(204);
		}
		expect((await exchange(rig, begun, "000000", "laptop")).body).toMatchObject({ details: { reason: "unopened" } });
	});

	it("says no token, code or whole id in the log", async () => {
		const ann = rig.telegram.person();
		const begun = await beginByLink(rig);
		await ann.start(begun.token);
		await exchange(rig, begun, codeIn(rig.telegram.sentTo(ann.id)[0]?.text ?? ""), "laptop");
		const log = rig.logged.join("");
		for (const secret of [rig.telegram.token, begun.token, begun.tempToken, String(ann.id)]) {
			expect(log).not.toContain(secret);
		}
	});
});
