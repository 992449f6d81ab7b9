import { Api, GrammyError, HttpError } from "grammy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTelegramEmulator, type TelegramEmulator } from "./helpers/telegram-emulator.ts";
import { judge } from "./helpers/telegram-fields.ts";

let emulator: TelegramEmulator;
let api: Api;

const client = (token = emulator.token, timeoutSeconds = 5) =>
	new Api(token, { apiRoot: emulator.baseUrl, timeoutSeconds });

beforeEach(async () => {
	emulator = await startTelegramEmulator({ record: false });
	api = client();
});
afterEach(async () => {
	await emulator[Symbol.asyncDispose]();
	expect(emulator.violations).toEqual([]);
	for (const update of emulator.updates) expect(judge(update, "Update")).toEqual([]);
});

/** The vendor's refusal of a call, as "code description"; "taken" when there was none. */
const outcome = (call: Promise<unknown>) =>
	call.then(
		() => "taken",
		(error) => (error instanceof GrammyError ? `${error.error_code} ${error.description}` : String(error)),
	);
const post = (path: string, body: unknown, init: RequestInit = {}) =>
	fetch(emulator.baseUrl + path, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify(body),
		...init,
	}).then(async (response) => ({ status: response.status, body: (await response.json()) as { description: string } }));

async function startedPerson() {
	const person = emulator.person();
	await person.start();
	return person;
}
const keyboard = (...labels: string[]) => ({
	inline_keyboard: labels.map((text) => [{ text, callback_data: `press:${text}` }]),
});

describe("Telegram emulator", () => {
	it("takes a message from grammY and keeps what a phone shows", async () => {
		const ann = await startedPerson();
		const message = await api.sendMessage(ann.id, "<b>(b) api</b>: 1 &lt; 2", {
			parse_mode: "HTML",
			disable_notification: true,
			reply_markup: keyboard("Yes", "No"),
			reply_parameters: { message_id: 1 },
		});
		expect(judge(message, "Message")).toEqual([]);
		expect(message).toMatchObject({
			chat: { id: ann.id, type: "private" },
			from: { is_bot: true },
			text: "(b) api: 1 < 2",
		});
		expect(message.reply_to_message?.text).toBe("/start");
		expect(emulator.sentTo(ann.id)).toMatchObject([
			{
				chatId: ann.id,
				messageId: message.message_id,
				rawText: "<b>(b) api</b>: 1 &lt; 2",
				text: "(b) api: 1 < 2",
				entities: [{ type: "bold", offset: 0, length: 7 }],
				buttons: [[{ text: "Yes", callback_data: "press:Yes" }], [{ text: "No" }]],
				parseMode: "HTML",
				silent: true,
				replyTo: 1,
				edits: [],
			},
		]);
		expect(emulator.attempts).toMatchObject([{ method: "sendMessage", params: { chat_id: ann.id }, status: 200 }]);
	});

	it("knows itself", async () => {
		const me = await api.getMe();
		expect(judge(me, "User")).toEqual([]);
		expect(me).toMatchObject({ id: Number(emulator.token.split(":")[0]), username: "claude_notify_bot" });
		expect(me.has_topics_enabled).toBe(false);
	});

	it("refuses another token, another path and another method, and notes each", async () => {
		expect(await outcome(client(`${emulator.token}x`).getMe())).toBe("401 Unauthorized");
		expect(await outcome(client("secret").getMe())).toBe("401 Unauthorized: invalid token specified");
		expect(await post("/sendMessage", {})).toMatchObject({
			status: 404,
			body: { ok: false, description: "Not Found" },
		});
		expect(await outcome(api.getChat(1))).toBe("404 Not Found: method not found");
		expect(await outcome(api.raw.sendMessage({ chat_id: 1, text: "x" }))).toMatch(/chat not found/);
		expect(emulator.violations.splice(0)).toEqual([
			"POST /bot***/getMe: Unauthorized",
			"POST /bot***/getMe: Unauthorized: invalid token specified",
			"POST /sendMessage: Not Found",
			"POST /bot***/getChat: Not Found: method not found",
		]);
	});

	it.each([
		[{ chat_id: 1, text: "x", disable_web_page_preview: true }, "disable_web_page_preview is no field"],
		[{ chat_id: 1, text: "x", reply_to_message_id: 3 }, "reply_to_message_id is no field"],
		[{ chat_id: 1, text: 3 }, "text is not String"],
		[{ chat_id: 1 }, "text is missing"],
		[{ chat_id: 1, text: "x", reply_parameters: { message_id: "3" } }, "message_id is not Integer"],
		[{ chat_id: 1, text: "x", reply_markup: { inline_keyboard: [[{ text: "a", data: "b" }]] } }, "data is no field"],
		[{ chat_id: 1, text: "x", reply_markup: { inline_keyboard: [{ text: "a" }] } }, "is not an array"],
		[{ chat_id: 1, text: "x", message_effect_id: "5" }, "not emulated"],
		[{ chat_id: 1, text: "x", disable_notification: "true" }, "disable_notification is not Boolean"],
		[[], "can't parse JSON object"],
	])("refuses the fields of %j, which the vendor would pass over in silence", async (body, why) => {
		const refused = await post(`/bot${emulator.token}/sendMessage`, body);
		expect(refused).toMatchObject({ status: 400, body: { ok: false, error_code: 400 } });
		expect(refused.body.description).toContain(why);
		expect(emulator.violations.splice(0).join()).toContain(why);
	});

	it("takes JSON by POST and nothing else", async () => {
		const path = `/bot${emulator.token}/getMe`;
		const form = { "content-type": "application/x-www-form-urlencoded" };
		expect((await post(path, {}, { headers: form, body: "a=b" })).status).toBe(400);
		expect((await post(path, {}, { body: "{" })).status).toBe(400);
		expect((await post(path, {}, { method: "PUT" })).status).toBe(400);
		expect(emulator.violations.splice(0)).toHaveLength(3);
	});

	it.each([
		["65 bytes of callback data", [{ text: "a", callback_data: `${"ü".repeat(32)}x` }], "BUTTON_DATA_INVALID"],
		["a button that does nothing", [{ text: "a" }], "Text buttons are unallowed in the inline keyboard"],
		["empty callback data", [{ text: "a", callback_data: "" }], "Text buttons are unallowed"],
		["a button without a label", [{ text: " ", callback_data: "a" }], "text must be non-empty"],
		["a button to localhost", [{ text: "a", url: "http://localhost:8787/x" }], "is invalid: Wrong HTTP URL"],
	])("refuses %s", async (_what, row, why) => {
		const ann = await startedPerson();
		const body = { chat_id: ann.id, text: "x", reply_markup: { inline_keyboard: [row] } };
		const refused = await post(`/bot${emulator.token}/sendMessage`, body);
		expect(refused.status).toBe(400);
		expect(refused.body.description).toContain(why);
		expect(emulator.sent).toEqual([]);
	});

	it("takes 64 bytes of callback data, an address and a hint in the input field", async () => {
		const ann = await startedPerson();
		const row = [
			{ text: "a", callback_data: "ü".repeat(32) },
			{ text: "b", url: "https://example.com/?a=b" },
		];
		expect(await outcome(api.sendMessage(ann.id, "x", { reply_markup: { inline_keyboard: [row] } }))).toBe("taken");
		const hint = { force_reply: true, input_field_placeholder: "Answer (b) api" } as const;
		expect(await outcome(api.sendMessage(ann.id, "x", { reply_markup: hint }))).toBe("taken");
	});

	it("edits: text and buttons change, no keyboard means none, and the same again is refused", async () => {
		const ann = await startedPerson();
		const sent = await api.sendMessage(ann.id, "working", { reply_markup: keyboard("Stop") });
		const edit = (text: string, other = {}) => api.editMessageText(ann.id, sent.message_id, text, other);
		expect(await outcome(edit("working", { reply_markup: keyboard("Stop") }))).toMatch(
			/^400 .*message is not modified/,
		);
		const edited = await edit("<i>done</i>", { parse_mode: "HTML" });
		expect(judge(edited, "Message")).toEqual([]);
		expect(edited).toMatchObject({ text: "done", message_id: sent.message_id, edit_date: expect.any(Number) });
		expect(edited).not.toHaveProperty("reply_markup");
		expect(emulator.sent).toMatchObject([
			{ text: "done", buttons: [], first: { text: "working" }, edits: [{ text: "done", rawText: "<i>done</i>" }] },
		]);
		expect(await outcome(edit("done"))).toBe("taken");
		expect(await outcome(api.editMessageText(ann.id, 999, "x"))).toBe("400 Bad Request: message to edit not found");
		expect(await outcome(api.editMessageText(ann.id, 1, "x"))).toBe("400 Bad Request: message can't be edited");
	});

	it("refuses to edit a message with another markup, and an answer to a message that is not there", async () => {
		const ann = await startedPerson();
		const { message_id: id } = await api.sendMessage(ann.id, "x", { reply_markup: { force_reply: true } });
		expect(await outcome(api.editMessageText(ann.id, id, "y"))).toBe("400 Bad Request: message can't be edited");
		const reply = (more = {}) => api.sendMessage(ann.id, "x", { reply_parameters: { message_id: 999, ...more } });
		expect(await outcome(reply())).toBe("400 Bad Request: message to be replied not found");
		expect(await outcome(reply({ allow_sending_without_reply: true }))).toBe("taken");
	});

	it("keeps the command list of each scope, and refuses names that are none", async () => {
		const list = [{ command: "status", description: "What runs" }];
		await api.setMyCommands(list);
		await api.setMyCommands([], { scope: { type: "all_private_chats" }, language_code: "de" });
		expect(Object.fromEntries(emulator.commands)).toEqual({ default: list, "all_private_chats:de": [] });
		const refused = (command: string, description: string) => outcome(api.setMyCommands([{ command, description }]));
		expect(await refused("Status", "x")).toBe("400 Bad Request: BOT_COMMAND_INVALID");
		expect(await refused("a".repeat(33), "x")).toBe("400 Bad Request: BOT_COMMAND_INVALID");
		expect(await refused("a", "")).toBe("400 Bad Request: command description must be non-empty");
		expect(await refused("a", "x".repeat(257))).toMatch(/^400 .*length must not exceed 256/);
	});

	it("does as it was told with the next requests, then answers well again", async () => {
		const ann = await startedPerson();
		const send = (text: string, timeoutSeconds = 5) => client(emulator.token, timeoutSeconds).sendMessage(ann.id, text);
		emulator.next(
			{ kind: "answer", status: 502, body: "<h1>Bad Gateway</h1>" },
			{ kind: "answer", status: 500, description: "Internal Server Error: restart" },
			{ kind: "answer", status: 401, description: "Unauthorized", on: "getMe" },
			{ kind: "reset" },
			{ kind: "garbage" },
			{ kind: "huge", bytes: 2_000_000 },
			{ kind: "hang" },
			{ kind: "drip" },
			{ kind: "lost_answer" },
			{ kind: "slow", ms: 100 },
		);
		await expect(send("1")).rejects.toBeInstanceOf(HttpError);
		expect(await outcome(send("2"))).toBe("500 Internal Server Error: restart");
		for (const text of ["3", "4"]) await expect(send(text)).rejects.toBeInstanceOf(HttpError);
		expect(((await send("5")) as { text: string }).text).toHaveLength(31 * 65_536);
		for (const text of ["6", "7"]) await expect(send(text, 0.2)).rejects.toBeInstanceOf(HttpError);
		await expect(send("8")).rejects.toBeInstanceOf(HttpError);
		const started = Date.now();
		expect(await outcome(send("9"))).toBe("taken");
		expect(Date.now() - started).toBeGreaterThanOrEqual(95);
		expect(await outcome(send("10"))).toBe("taken");
		expect(await outcome(api.getMe())).toBe("401 Unauthorized");
		expect(emulator.sent.map((message) => message.text)).toEqual(["8", "9", "10"]);
		expect(emulator.attempts.map((attempt) => attempt.status)).toEqual([502, 500, 0, 0, 0, 0, 0, 0, 200, 200, 401]);
	});
});
