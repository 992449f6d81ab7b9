import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderMessage } from "../server/domain/render-message.ts";
import { openTelegramRig, providerId, type TelegramRig } from "./helpers/telegram-rig.ts";

let rig: TelegramRig;
beforeEach(async () => {
	rig = await openTelegramRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

describe("a message on Telegram", () => {
	it("says in HTML what it is about, with a button to go on (row 99)", async () => {
		const result = await rig.send(rig.event("done", { message: "1 < 2 & <b>bold</b>" }));
		expect(result).toEqual({ ok: true, providerId: String(rig.telegram.sent[0]?.messageId) });
		expect(rig.called("sendMessage").map(({ params }) => params)).toEqual([
			{
				chat_id: rig.ann.id,
				text: '<b>✅ (b) Claude: "migrate billing"</b>\nCompleted successfully! 1 &lt; 2 &amp; &lt;b&gt;bold&lt;/b&gt;\n\n<i>Answer this message to write to the session</i>',
				parse_mode: "HTML",
				link_preview_options: { is_disabled: true },
				reply_markup: { inline_keyboard: [[{ text: "Continue", callback_data: "a2b3c4d5e6f7g2h3:continue" }]] },
			},
		]);
		const [shown] = rig.telegram.sent;
		expect(shown?.text).toBe(
			'✅ (b) Claude: "migrate billing"\nCompleted successfully! 1 < 2 & <b>bold</b>\n\nAnswer this message to write to the session',
		);
		expect(shown?.entities.map(({ type }) => type)).toEqual(["bold", "italic"]);
	});

	it("brings a snippet of a log in fixed width, without its secrets and its colours (row 109)", async () => {
		const log =
			"\u001b[31mFAIL\u001b[0m src/a.ts\n\tpassword=hunter2hunter2\r\n  Bearer abcdefgh12345678.x\u0007\n<done>";
		await rig.send(rig.event("error", { tool_name: "Bash", error_message: log }));
		const [shown] = rig.telegram.sent;
		expect(shown?.text).toContain("Error: Bash: FAIL src/a.ts\n");
		expect(shown?.text).toContain("<done>");
		expect(shown?.text).not.toMatch(/hunter2|abcdefgh12345678|\[31m|[^\P{Cc}\n]/u);
		expect(shown?.entities.map(({ type }) => type)).toEqual(["bold", "pre", "italic"]);
	});

	it("rings only when somebody has to look up", async () => {
		await rig.send(rig.event("progress", { message: "reading" }));
		await rig.send(rig.event("done", {}));
		expect(rig.telegram.sent.map(({ silent }) => silent)).toEqual([true, false]);
	});

	it("comes as plain text when Telegram cannot read the HTML", async () => {
		const description = 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0';
		rig.telegram.next({ kind: "answer", status: 400, description });
		const message = rig.event("done", { message: "a < b" });
		expect(await rig.send(message)).toMatchObject({ ok: true });
		const [shown] = rig.telegram.sent;
		expect(shown).toMatchObject({ text: message.text, parseMode: undefined, entities: [] });
		expect(shown?.buttons.flat()).toHaveLength(1);
	});

	it("has 4,096 characters at most, counted after the markup", async () => {
		const text = "&<>".repeat(2000).slice(0, 4096);
		expect(await rig.send(text)).toMatchObject({ ok: true });
		expect(rig.telegram.sent[0]?.text).toBe(text);
	});

	it("offers a held answer's sessions, one button each", async () => {
		const choices = ["api", "web"].map((description, n) => ({ handle: "bd"[n] ?? "", description }));
		await rig.send(
			renderMessage({ kind: "notice", notice: { kind: "which_session", choices, held: true } }, rig.channel.style),
		);
		expect(rig.telegram.sent[0]?.buttons).toEqual([
			[{ text: "b: api", callback_data: ":b" }],
			[{ text: "d: web", callback_data: ":d" }],
		]);
	});
});

describe("a message that may take the place of another", () => {
	it("is that message, edited", async () => {
		const first = await rig.send(rig.event("progress", { message: "reading" }));
		const second = await rig.send(rig.event("progress", { message: "writing" }), { replaces: providerId(first) });
		expect(second).toEqual(first);
		expect(rig.telegram.sent).toHaveLength(1);
		expect(rig.telegram.sent[0]).toMatchObject({ text: expect.stringContaining("writing"), parseMode: "HTML" });
		expect(rig.telegram.sent[0]?.first.text).toContain("reading");
	});

	it("changes nothing when it says the same", async () => {
		const first = await rig.send(rig.event("progress", { message: "reading" }));
		expect(await rig.send(rig.event("progress", { message: "reading" }), { replaces: providerId(first) })).toEqual(
			first,
		);
		expect(rig.telegram.sent).toHaveLength(1);
	});

	it.each(["message to edit not found", "message can't be edited"])(
		"is a new one when the old one cannot be: %s",
		async (why) => {
			const first = await rig.send(rig.event("progress", { message: "reading" }));
			rig.telegram.next({ on: "editMessageText", kind: "answer", status: 400, description: `Bad Request: ${why}` });
			const second = await rig.send(rig.event("progress", { message: "writing" }), { replaces: providerId(first) });
			expect(second).toMatchObject({ ok: true, providerId: String(rig.telegram.sent[1]?.messageId) });
			expect(rig.telegram.sent).toHaveLength(2);
		},
	);

	it("is tried again later when Telegram is busy, and not sent beside the old one", async () => {
		const first = await rig.send(rig.event("progress", { message: "reading" }));
		rig.telegram.flood(5);
		const second = await rig.send(rig.event("progress", { message: "writing" }), { replaces: providerId(first) });
		expect(second).toMatchObject({ ok: false, retryable: true, retryAfterMs: 5000 });
		expect(rig.telegram.sent).toHaveLength(1);
	});
});
