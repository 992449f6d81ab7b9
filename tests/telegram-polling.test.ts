import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { startSession } from "./helpers/reply-server.ts";
import { inboxOf } from "./helpers/reply-world.ts";
import { beginByLink, pairByLink, startTelegramServer, type TelegramServer } from "./helpers/telegram-reply-server.ts";
import { until } from "./helpers/until.ts";

describe.each(databases)("a server that Telegram cannot reach, on $name", ({ open }) => {
	let database: TestDatabase;
	let rig: TelegramServer;
	beforeAll(async () => {
		database = await open();
	});
	beforeEach(async () => {
		rig = await startTelegramServer({ database, mode: "polling" });
	});
	afterEach(async () => {
		await rig[Symbol.asyncDispose]();
		expect(rig.telegram.violations).toEqual([]);
	});
	afterAll(() => database.close());

	let ids = 6_700_000_000;
	/** Somebody who is in no other test. */
	const newcomer = () => rig.telegram.person({ id: ++ids });

	const said = (pattern: RegExp) =>
		until(
			() => rig.logged.some((line) => pattern.test(line)),
			15_000,
			() => rig.logged.join(""),
		);
	async function pairedAnn() {
		const ann = newcomer();
		const { headers } = await pairByLink(rig, ann);
		const session = await startSession(rig, { headers });
		const inbox = async () => (await inboxOf(database.db, session.id)).map(({ text }) => text);
		const has = (count: number) =>
			until(
				async () => (await inbox()).length >= count,
				20_000,
				() => `fewer than ${count} came`,
			);
		return { ann, inbox, has };
	}

	it("asks for the updates itself, after it took the webhook away, and takes each once", async () => {
		const { ann, inbox, has } = await pairedAnn();
		const [first, second] = rig.telegram.attempts.filter(({ method }) => /Webhook|getUpdates/.test(method));
		expect(first).toMatchObject({ method: "deleteWebhook", params: {} });
		expect(second).toMatchObject({ method: "getUpdates", params: { timeout: 25 } });
		expect(second?.params["allowed_updates"]).toEqual(["message", "callback_query", "my_chat_member"]);
		for (const text of ["b one", "b two", "b three"]) await ann.send(text);
		await has(3);
		expect(await inbox()).toEqual(["one", "two", "three"]);
		expect(rig.telegram.conflicts).toBe(0);
	});

	it("takes what came while it was away, and nothing twice, when it starts again", async () => {
		const { ann, has, inbox } = await pairedAnn();
		await ann.send("b before");
		await has(1);
		await rig.server.close();
		await ann.send("b meanwhile");
		await using _ = await startTelegramServer({ database, telegram: rig.telegram, mode: "polling" });
		await has(2);
		expect(await inbox()).toEqual(["before", "meanwhile"]);
	});

	it("leaves out, after three tries, an update that cannot be taken, and goes on", async () => {
		const { ann, has, inbox } = await pairedAnn();
		const bob = newcomer();
		const { token } = await beginByLink(rig);
		const refusal = { kind: "answer", status: 400, description: "Bad Request: odd" } as const;
		rig.telegram.next(refusal, refusal, refusal);
		rig.telegram.pause();
		await bob.start(token);
		await ann.send("b after that");
		rig.telegram.resume();
		await has(1);
		expect(await inbox()).toEqual(["after that"]);
		await said(/could not be taken.*It is left out/);
		expect(rig.telegram.sentTo(bob.id)).toEqual([]);
	});

	it("says that another program receives the bot's messages, and goes on when that one ends", async () => {
		const { ann, has } = await pairedAnn();
		const other = new AbortController();
		const url = `${rig.telegram.baseUrl}/bot${rig.telegram.token}/getUpdates`;
		const headers = { "content-type": "application/json" };
		const body = JSON.stringify({ timeout: 50, offset: -1 });
		const polling = fetch(url, { method: "POST", headers, body, signal: other.signal }).catch(() => undefined);
		await said(/Another program receives the messages of this bot/);
		expect(rig.logged.join("")).not.toContain(rig.telegram.token);
		other.abort();
		await polling;
		await ann.send("b still there");
		await has(1);
	});

	it("goes on after Telegram was away", async () => {
		const { ann, has } = await pairedAnn();
		const broken = { on: "getUpdates", kind: "answer", status: 502, body: "<html>bad gateway</html>" } as const;
		rig.telegram.next(broken, { ...broken, status: 500 }, { on: "getUpdates", kind: "garbage" });
		await ann.send("b now");
		await has(1);
		await said(/messages cannot be received; trying again/);
	});

	it("stops at once, in the middle of a poll", async () => {
		await until(
			() => rig.telegram.attempts.some(({ method }) => method === "getUpdates"),
			20_000,
			() => "it never polled",
		);
		const began = performance.now();
		await rig.server.close();
		expect(performance.now() - began).toBeLessThan(5000);
		expect(rig.logged.join("")).not.toContain("cannot be received");
	});
});
