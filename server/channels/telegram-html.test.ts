import { describe, expect, it } from "vitest";
import type { MessageParts } from "./channel.ts";
import { escapeHtml, firstUnits, keyboardOf, toHtml } from "./telegram-html.ts";

const parts = (more: Partial<MessageParts>): { parts: MessageParts } => ({
	parts: { title: "", label: "", text: "", log: false, foot: "", ...more },
});

describe("HTML for Telegram", () => {
	it("escapes the three characters and leaves the rest alone (row 107)", () => {
		expect(escapeHtml(`_*[]()~\`<b>&@everyone "x" 'y' &lt; MarkdownV2!`)).toBe(
			`_*[]()~\`&lt;b&gt;&amp;@everyone "x" 'y' &amp;lt; MarkdownV2!`,
		);
	});

	it("shows which part is which", () => {
		expect(toHtml(parts({ title: '(b) "a<b"', label: "Error: ", text: "x & y", foot: "\n+3 more\n\nAnswer" }))).toBe(
			'<b>(b) "a&lt;b"</b>\nError: x &amp; y\n<i>+3 more\n\nAnswer</i>',
		);
	});

	it("shows a program's output as it stands", () => {
		expect(toHtml(parts({ title: "t", label: "Error: ", text: "a\n  b<c>", log: true }))).toBe(
			"<b>t</b>\nError: <pre>a\n  b&lt;c&gt;</pre>",
		);
	});

	it.each([
		["a notice", parts({ text: "Only words" }), "Only words"],
		["a label alone", parts({ title: "t", label: "Started" }), "<b>t</b>\nStarted"],
		["an empty log", parts({ title: "t", label: "Error: ", log: true, foot: "\n\nx" }), "<b>t</b>\nError:\n\n<i>x</i>"],
	])("makes no empty tags: %s", (_, message, html) => {
		expect(toHtml(message)).toBe(html);
	});
});

describe("buttons for Telegram", () => {
	it("carry the token and what a person would have typed, one a row", () => {
		const actions = [
			{ label: "Continue", reply: "continue" },
			{ label: "Stop it", reply: "stop" },
		];
		expect(keyboardOf(actions, "a2b3c4d5e6f7g2h3")).toEqual({
			inline_keyboard: [
				[{ text: "Continue", callback_data: "a2b3c4d5e6f7g2h3:continue" }],
				[{ text: "Stop it", callback_data: "a2b3c4d5e6f7g2h3:stop" }],
			],
		});
		expect(keyboardOf([{ label: "b: api", reply: "b" }], undefined)?.inline_keyboard[0]?.[0]?.callback_data).toBe(":b");
		expect(keyboardOf([], "a2b3c4d5e6f7g2h3")).toBeUndefined();
	});

	it("fit into callback_data at their longest", () => {
		const keyboard = keyboardOf([{ label: "x", reply: "x".repeat(20) }], "a".repeat(16));
		expect(Buffer.byteLength(keyboard?.inline_keyboard[0]?.[0]?.callback_data ?? "")).toBeLessThanOrEqual(64);
	});
});

describe("the beginning of a text", () => {
	it.each([
		["abc", 5, "abc"],
		["abcdef", 3, "abc"],
		["ab😀", 3, "ab"],
		["ab😀", 4, "ab😀"],
	])("of %s with %i units is %s", (text, most, beginning) => {
		expect(firstUnits(text, most)).toBe(beginning);
	});
});
