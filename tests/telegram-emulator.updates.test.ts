import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Api, GrammyError } from "grammy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
	type Person,
	startTelegramEmulator,
	type TelegramEmulator,
	type WireUpdate,
} from "./helpers/telegram-emulator.ts";
import { judge } from "./helpers/telegram-fields.ts";

interface Delivery {
	secret: string | undefined;
	contentType: string | undefined;
	update: WireUpdate;
}

let emulator: TelegramEmulator;
let api: Api;
let ann: Person;
let url = "";
/** What the webhook got, and what it answers: 200, or the first of these. */
let got: Delivery[] = [];
let answers: { status: number; body?: string }[] = [];
/** Called before the webhook answers. */
let handle: (update: WireUpdate) => unknown;

const receiver = createServer((request, response) => {
	const chunks: Buffer[] = [];
	request.on("data", (chunk: Buffer) => chunks.push(chunk));
	request.on("end", async () => {
		const text = Buffer.concat(chunks).toString();
		const update = text.startsWith("{") ? (JSON.parse(text) as WireUpdate) : { update_id: 0, text };
		const secret = request.headers["x-telegram-bot-api-secret-token"];
		got.push({ secret: secret?.toString(), contentType: request.headers["content-type"], update });
		await handle(update);
		const { status, body = "" } = answers.shift() ?? { status: 200 };
		response.writeHead(status, { "content-type": "application/json", location: "/elsewhere" }).end(body);
	});
});

beforeEach(async () => {
	await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
	url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/webhooks/telegram`;
	got = [];
	answers = [];
	handle = () => undefined;
	emulator = await startTelegramEmulator({ record: false });
	emulator.delivery.setWebhookPauseMs = 0;
	api = new Api(emulator.token, { apiRoot: emulator.baseUrl, timeoutSeconds: 10 });
	ann = emulator.person();
});
afterEach(async () => {
	await emulator[Symbol.asyncDispose]();
	receiver.closeAllConnections();
	await new Promise((done) => receiver.close(done));
	expect(emulator.violations).toEqual([]);
	for (const update of emulator.updates) expect(judge(update, "Update")).toEqual([]);
});

const outcome = (call: Promise<unknown>) =>
	call.then(
		() => "taken",
		(error) => (error instanceof GrammyError ? `${error.error_code} ${error.description}` : String(error)),
	);
const texts = () => got.map(({ update }) => (update["message"] as { text?: string } | undefined)?.text);

describe("Telegram emulator, webhook", () => {
	it("posts each update with the secret in its header, and resolves when it was taken", async () => {
		await api.setWebhook(url, { secret_token: "s3cret_-X" });
		expect(await ann.start("token")).toMatchObject({ delivered: true, answers: [{ status: 200, attempt: 1 }] });
		expect(got).toMatchObject([
			{ secret: "s3cret_-X", contentType: "application/json", update: { message: { text: "/start token" } } },
		]);
		expect(emulator.webhookAnswers).toMatchObject([{ updateId: got[0]?.update.update_id, status: 200 }]);
		const info = await api.getWebhookInfo();
		expect(judge(info, "WebhookInfo")).toEqual([]);
		expect(info).toMatchObject({ url, pending_update_count: 0, max_connections: 40 });
	});

	it("offers an update again until the answer is 2xx, and the next ones only then", async () => {
		await api.setWebhook(url);
		answers = [{ status: 500 }, { status: 307 }, { status: 204 }];
		const results = await Promise.all([ann.start(), ann.send("second")]);
		expect(texts()).toEqual(["/start", "/start", "/start", "second"]);
		expect(results[0]?.answers.map(({ status }) => status)).toEqual([500, 307, 204]);
		expect(got.map(({ secret }) => secret)).toEqual([undefined, undefined, undefined, undefined]);
		expect(new Set(got.map(({ update }) => update.update_id)).size).toBe(2);
	});

	it("gives up after as many tries as the test wants, and tells of the failure", async () => {
		await api.setWebhook(url);
		Object.assign(emulator.delivery, { attempts: 2, delayMs: 1 });
		answers = [{ status: 401 }, { status: 401 }];
		expect(await ann.start()).toMatchObject({ delivered: false, answers: [{ status: 401 }, { attempt: 2 }] });
		const info = await api.getWebhookInfo();
		expect(info.last_error_message).toMatch(/^Wrong response from the webhook: 401/);
		emulator.delivery.timeoutMs = 50;
		handle = () => new Promise(() => undefined);
		expect(await ann.send("slow")).toMatchObject({ delivered: false, answers: [{ status: 0 }, { status: 0 }] });
	});

	it("brings only the types that were asked for, and keeps that choice", async () => {
		await api.setWebhook(url, { allowed_updates: ["message", "callback_query"] });
		await ann.start();
		await ann.send("edited", { edited: 1 });
		await ann.block();
		await emulator.channelPost("news");
		await api.setWebhook(url);
		await ann.unblock();
		expect(texts()).toEqual(["/start"]);
		expect((await api.getWebhookInfo()).allowed_updates).toEqual(["message", "callback_query"]);
		await api.setWebhook(url, { allowed_updates: [] });
		await ann.send("edited twice", { edited: 1 });
		await emulator.channelPost("news");
		expect(got.map(({ update }) => Object.keys(update)[1])).toEqual(["message", "edited_message", "channel_post"]);
		expect(await outcome(api.setWebhook(url, { allowed_updates: ["mesage" as "message"] }))).toMatch(
			/no such update types/,
		);
		expect(emulator.violations.splice(0)).toHaveLength(1);
	});

	it.each([
		["http://example.com/hook", {}, "bad webhook: An HTTPS URL must be provided for webhook"],
		["https://example.com:8787/hook", {}, "Webhook can be set up only on ports 80, 88, 443 or 8443"],
		["example", {}, "invalid webhook URL specified"],
		["https://example.com/hook", { secret_token: "not allowed" }, "secret token contains unallowed characters"],
		["https://example.com/hook", { secret_token: "x".repeat(257) }, "secret token is too long"],
	])("refuses the webhook %s %j", async (address, other, why) => {
		expect(await outcome(api.setWebhook(address, other))).toContain(why);
		expect(emulator.webhook).toBeUndefined();
	});

	it("takes https and refuses a second setWebhook within a second", async () => {
		emulator.delivery.setWebhookPauseMs = 1000;
		expect(await outcome(api.setWebhook("https://example.com:8443/hook"))).toBe("taken");
		expect(await outcome(api.setWebhook("https://example.com/hook"))).toBe("429 Too Many Requests: retry after 1");
	});

	it("refuses getUpdates as long as a webhook is set, and throws a waiting one out when it is", async () => {
		const waiting = outcome(api.getUpdates({ timeout: 30 }));
		await expect.poll(() => emulator.attempts.length).toBe(1);
		await api.setWebhook(url);
		expect(await waiting).toBe("409 Conflict: terminated by setWebhook request");
		expect(await outcome(api.getUpdates())).toMatch(
			/^409 Conflict: can't use getUpdates method while webhook is active;/,
		);
		await api.deleteWebhook();
		expect(await api.getUpdates()).toEqual([]);
		expect(emulator.conflicts).toBe(0);
	});

	it("delivers what waited when the webhook comes, or drops it when told to", async () => {
		await ann.start();
		expect((await api.getWebhookInfo()).pending_update_count).toBe(1);
		await api.setWebhook(url);
		await emulator.settled();
		expect(texts()).toEqual(["/start"]);
		await api.deleteWebhook();
		await ann.send("dropped");
		await api.setWebhook(url, { drop_pending_updates: true });
		await ann.send("kept");
		expect(texts()).toEqual(["/start", "kept"]);
	});

	it("delivers whatever a test makes up: forged, doubled, out of order", async () => {
		await api.setWebhook(url, { secret_token: "right" });
		emulator.pause();
		await ann.start();
		await ann.send("second");
		const [first, second] = emulator.updates;
		await emulator.deliver(second);
		await emulator.deliver(first);
		await emulator.deliver(first, { secret: "wrong" });
		await emulator.deliver({ update_id: "x" }, { secret: null });
		answers = [{ status: 400 }];
		expect(await emulator.deliver(null, { body: "no JSON" })).toMatchObject({ status: 400, updateId: undefined });
		expect(got.map(({ secret }) => secret)).toEqual(["right", "right", "wrong", undefined, "right"]);
		expect(texts().slice(0, 3)).toEqual(["second", "/start", "/start"]);
		emulator.resume();
		await emulator.settled();
		expect(texts().slice(5)).toEqual(["/start", "second"]);
	});

	it("carries out the method that a webhook answers with, and notes one that is refused", async () => {
		await api.setWebhook(url);
		answers = [
			{ status: 200, body: JSON.stringify({ method: "sendMessage", chat_id: ann.id, text: "hello" }) },
			{ status: 200, body: JSON.stringify({ method: "sendMessage", chat_id: 5, text: "hello" }) },
			{ status: 200, body: JSON.stringify({ ok: true }) },
		];
		for (const text of ["1", "2", "3"]) await (text === "1" ? ann.start() : ann.send(text));
		expect(emulator.sentTo(ann.id)).toMatchObject([{ text: "hello" }]);
		expect(emulator.violations.splice(0)).toEqual(["webhook's answer sendMessage: Bad Request: chat not found"]);
	});
});

describe("Telegram emulator, buttons", () => {
	const markup = { inline_keyboard: [[{ text: "Yes", callback_data: "y:1" }], [{ text: "No", callback_data: "n:1" }]] };
	const query = (update: WireUpdate) => update["callback_query"] as { id: string; data: string } | undefined;

	it("brings a press by label or place with its message, and shows the person the answer", async () => {
		await ann.start();
		await api.setWebhook(url);
		const { message_id: id } = await api.sendMessage(ann.id, "Run?", { reply_markup: markup });
		handle = (update) => {
			const press = query(update);
			return (
				press && api.answerCallbackQuery(press.id, { text: `took ${press.data}`, show_alert: press.data === "n:1" })
			);
		};
		expect(await ann.press(id, "Yes")).toEqual({ text: "took y:1", showAlert: false, url: undefined });
		expect(await ann.press(id, 1)).toEqual({ text: "took n:1", showAlert: true, url: undefined });
		expect(got[1]?.update).toMatchObject({
			callback_query: {
				from: { id: ann.id },
				message: { message_id: id, text: "Run?" },
				chat_instance: expect.any(String),
			},
		});
		await api.setWebhook(url, { allowed_updates: ["message"] });
		expect(await ann.press(id, "Yes")).toBeUndefined();
		expect(() => ann.press(id, "Maybe")).toThrow("no such button to press; it has: Yes, No");
	});

	it("refuses the answer to a press that is old, unknown or answered, and one of 201 characters", async () => {
		await ann.start();
		const { message_id: id } = await api.sendMessage(ann.id, "Run?", { reply_markup: markup });
		const press = ann.press(id, "Yes", { timeoutMs: 2000 });
		const updates = await api.getUpdates();
		const callback = updates.at(-1)?.callback_query?.id ?? "";
		const old = "400 Bad Request: query is too old and response timeout expired or query ID is invalid";
		expect(await outcome(api.answerCallbackQuery(callback, { text: "x".repeat(201) }))).toMatch(/^400/);
		expect(await outcome(api.answerCallbackQuery(callback, { text: "x".repeat(200) }))).toBe("taken");
		expect((await press)?.text).toHaveLength(200);
		expect(await outcome(api.answerCallbackQuery(callback))).toBe(old);
		expect(await outcome(api.answerCallbackQuery("1"))).toBe(old);
		const late = ann.press(id, "No");
		const second = (await api.getUpdates()).at(-1)?.callback_query?.id ?? "";
		emulator.expireCallbacks();
		expect(await late).toBeUndefined();
		expect(await outcome(api.answerCallbackQuery(second))).toBe(old);
		expect(await ann.press(id, "No", { timeoutMs: 20 })).toBeUndefined();
	});
});
