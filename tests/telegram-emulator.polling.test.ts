import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Api, Bot, GrammyError, webhookCallback } from "grammy";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type Person, startTelegramEmulator, type TelegramEmulator } from "./helpers/telegram-emulator.ts";
import { judge } from "./helpers/telegram-fields.ts";
import { until } from "./helpers/until.ts";

let emulator: TelegramEmulator;
let api: Api;
let ann: Person;

beforeEach(async () => {
	emulator = await startTelegramEmulator({ record: false });
	api = new Api(emulator.token, { apiRoot: emulator.baseUrl, timeoutSeconds: 10 });
	ann = emulator.person();
});
afterEach(async () => {
	await emulator[Symbol.asyncDispose]();
	expect(emulator.violations).toEqual([]);
	for (const update of emulator.updates) expect(judge(update, "Update")).toEqual([]);
});

const outcome = (call: Promise<unknown>) =>
	call.then(
		() => "taken",
		(error) => (error instanceof GrammyError ? `${error.error_code} ${error.description}` : String(error)),
	);
const polls = () => emulator.attempts.filter(({ method }) => method === "getUpdates").length;

/** A bot that answers the three kinds of things that people do. */
function chattyBot() {
	const bot = new Bot(emulator.token, { client: { apiRoot: emulator.baseUrl } });
	bot.command("start", (context) =>
		context.reply(`welcome ${context.match}`, {
			reply_markup: { inline_keyboard: [[{ text: "Go", callback_data: "go" }]] },
		}),
	);
	bot.on("message:text", (context) => context.reply(`you said ${context.message.text}`));
	bot.on("callback_query:data", (context) => context.answerCallbackQuery(`pressed ${context.callbackQuery.data}`));
	return bot;
}

describe("Telegram emulator, grammY's webhook", () => {
	it("is called with the secret that grammY's own check accepts, and refused with another", async () => {
		const bot = chattyBot();
		const server = createServer(webhookCallback(bot, "http", { secretToken: "s3cret" }));
		await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
		onTestFinished(() => void server.close());
		const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
		await api.setWebhook(url, { secret_token: "s3cret" });
		expect(await ann.start("abc")).toMatchObject({ delivered: true });
		expect(emulator.sentTo(ann.id)).toMatchObject([{ text: "welcome abc" }]);
		expect(await ann.press(2, "Go")).toMatchObject({ text: "pressed go" });
		for (const secret of ["S3cret", null]) {
			expect(await emulator.deliver(emulator.updates[0], { secret })).toMatchObject({ status: 401 });
		}
		expect(emulator.sent).toHaveLength(1);
	});
});

describe("Telegram emulator, long polling", () => {
	it("serves grammY's bot: commands, texts, presses, answers", async () => {
		const bot = chattyBot();
		const running = bot.start();
		await ann.start("abc");
		const welcome = await emulator.waitForMessage((message) => message.text === "welcome abc");
		await ann.send("hello");
		await emulator.waitForMessage((message) => message.text === "you said hello");
		expect(await ann.press(welcome.messageId, "Go")).toMatchObject({ text: "pressed go" });
		await bot.stop();
		await running;
		expect(await api.getUpdates()).toEqual([]);
		expect(emulator.conflicts).toBe(0);
	});

	it("gives updates again until an offset confirms them, as many as asked for", async () => {
		await ann.start();
		for (const text of ["a", "b", "c"]) await ann.send(text);
		const all = await api.getUpdates();
		expect(all.map((update) => update.message?.text)).toEqual(["/start", "a", "b", "c"]);
		expect(await api.getUpdates({ limit: 2 })).toEqual(all.slice(0, 2));
		const offset = (all[1]?.update_id ?? 0) + 1;
		expect(await api.getUpdates({ offset })).toEqual(all.slice(2));
		expect(await api.getUpdates()).toEqual(all.slice(2));
		expect(await api.getUpdates({ offset: -1 })).toEqual(all.slice(3));
		expect(await api.getUpdates({ offset: offset + 2 })).toEqual([]);
	});

	it("waits for an update as long as it was told, and ends then", async () => {
		const waiting = api.getUpdates({ timeout: 30 });
		await until(
			() => polls() === 1,
			2000,
			() => "no request",
		);
		const { updateId } = await ann.start();
		expect((await waiting).map((update) => update.update_id)).toEqual([updateId]);
		const began = Date.now();
		expect(await api.getUpdates({ timeout: 1, offset: (updateId ?? 0) + 1 })).toEqual([]);
		expect(Date.now() - began).toBeGreaterThanOrEqual(950);
	});

	it("throws the older of two waiting getUpdates out, and counts it", async () => {
		const older = outcome(api.getUpdates({ timeout: 30 }));
		await until(
			() => polls() === 1,
			2000,
			() => "no request",
		);
		const younger = api.getUpdates({ timeout: 30 });
		expect(await older).toMatch(/^409 Conflict: terminated by other getUpdates request; make sure/);
		await ann.start();
		expect(await younger).toHaveLength(1);
		expect(emulator.conflicts).toBe(1);
	});

	it("forgets a waiting client that hung up", async () => {
		const gone = new AbortController();
		const path = `${emulator.baseUrl}/bot${emulator.token}/getUpdates`;
		const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"timeout":30}' };
		const dropped = fetch(path, { ...init, signal: gone.signal }).catch(() => "gone");
		await until(
			() => polls() === 1,
			2000,
			() => "no request",
		);
		gone.abort();
		expect(await dropped).toBe("gone");
		await until(
			() => emulator.attempts[0]?.status === 200,
			2000,
			() => "still waiting",
		);
		await ann.start();
		expect(await api.getUpdates({ timeout: 30 })).toHaveLength(1);
		expect(emulator.conflicts).toBe(0);
	});

	it("keeps to the types that were asked for, and notes a limit that the vendor would bend", async () => {
		await api.getUpdates({ allowed_updates: ["callback_query"] });
		await ann.start();
		expect(await api.getUpdates()).toEqual([]);
		expect(await outcome(api.getUpdates({ limit: 101 }))).toMatch(/^400/);
		expect(emulator.violations.splice(0)).toEqual(["getUpdates: Bad Request: limit is 1 to 100, timeout 0 to 50"]);
	});

	it("hands out what a test makes up, and keeps the rest back while paused", async () => {
		const update_id = emulator.nextUpdateId();
		await emulator.deliver({ update_id, poll: { strange: true } });
		expect(await api.getUpdates()).toEqual([{ update_id, poll: { strange: true } }]);
		emulator.pause();
		await ann.start();
		expect(await api.getUpdates()).toEqual([]);
		emulator.resume();
		expect(await api.getUpdates()).toHaveLength(2);
		await expect(emulator.deliver({ message: {} })).rejects.toThrow("update_id");
	});
});
