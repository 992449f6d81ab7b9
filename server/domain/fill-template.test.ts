import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxTemplate, newTemplate, templateVariables } from "../../src/contract/templates.ts";
import type { MessageStyle } from "../channels/channel.ts";
import { type EventContent, renderMessage } from "./render-message.ts";

const sms: MessageStyle = {
	charset: "gsm7",
	maxLength: 1600,
	preferredLength: 160,
	optOutHint: "Reply STOP to disable",
	replyHint: (handle) => `Reply ${handle} + text`,
};
const chat: MessageStyle = { ...sms, charset: "unicode", maxLength: 4096, preferredLength: 600, optOutHint: undefined };
const done: EventContent = {
	kind: "event",
	type: "done",
	details: { message: "All 42 tests pass." },
	description: "migrate billing",
	handle: "b",
	held: undefined,
};
const say = (template: string, style = chat, more: Partial<EventContent> = {}) =>
	renderMessage({ ...done, ...more, template }, style);
const problem = (text: string) => newTemplate.safeParse({ text }).error?.issues[0]?.message;

describe("a template", () => {
	it.each([
		["{{icon}} {{title}}: {{text}}", '✅ (b) Claude: "migrate billing": All 42 tests pass.'],
		[
			"{{description}}/{{handle}}/{{event}} {{label}} {{text}}",
			"migrate billing/b/done Completed successfully! All 42 tests pass.",
		],
		[
			"{{ session }} ist fertig:\n{{text}}\nhttps://ci.example/b?x=1&y=2",
			"(b) migrate billing ist fertig:\nAll 42 tests pass.\nhttps://ci.example/b?x=1&y=2",
		],
		["done", "done"],
	])("%j says the message in the user's words, and the hint to answer stays (row 106)", (template, words) => {
		expect(say(template).text).toBe(`${words}\n\nReply b + text`);
	});

	it("keeps what the law and the answer need on an SMS, and says nothing that doubles its price (row 106)", () => {
		expect(say("{{icon}} {{session}} – “fertig” 🎉\n{{text}}", sms).text).toBe(
			'(b) migrate billing - "fertig"\nAll 42 tests pass.\n\nReply b + text. Reply STOP to disable',
		);
	});

	it("is cut in the agent's text alone, and never at the foot (row 106)", () => {
		const long = { details: { message: "All is well, and more than that. ".repeat(200) } };
		const { text } = say("{{session}}: {{text}} (more at https://ci.example)", sms, long);
		expect(text).toMatch(/^\(b\) migrate billing: All is well, .*\.\.\. \(more at https:\/\/ci\.example\)\n\nReply b/);
		expect(text).toMatch(/Reply STOP to disable$/);
		expect(text.length).toBeLessThanOrEqual(160);
		const flood = say("{{description}}".repeat(20), sms, { description: "y".repeat(100) });
		expect(flood.text.length).toBeLessThanOrEqual(1600);
		expect(flood.text).toMatch(/Reply b \+ text\. Reply STOP to disable$/);
	});

	it("looks for variables in itself only: what an agent wrote stands as it is (row 106)", () => {
		const hostile = { details: { message: "{{handle}} {{nonsense}} $& <b>&@everyone" }, description: "{{text}}" };
		expect(say("{{description}}: {{text}}", chat, hostile).text).toBe(
			"{{text}}: {{handle}} {{nonsense}} $& <b>&@everyone\n\nReply b + text",
		);
	});

	it("is as clean as everything else that leaves for a phone (row 106)", () => {
		const { text } = say("\u001b[31mred\u001b[0m \u202eevil {{text}} password=hunter2\u0000");
		expect(text).toBe("red evil All 42 tests pass. password=***\n\nReply b + text");
	});

	it("that would say nothing leaves the message in our words", () => {
		const own = renderMessage(done, chat).text;
		expect(say(" {{text}} ", chat, { details: {} }).text).toBe(renderMessage({ ...done, details: {} }, chat).text);
		expect(say("", chat).text).toBe(own);
		expect(say("{{icon}}", sms).text).toBe(renderMessage(done, sms).text);
	});

	it("keeps the message's parts, buttons and thread: joined the parts are the text", () => {
		const conversation = { id: "1", replyToken: "a".repeat(16) };
		const message = renderMessage({ ...done, template: "{{label}} {{text}} – bye" }, chat, { conversation });
		const { title, label, text, foot } = message.parts;
		expect(`${title}${label}${text}${foot}`).toBe(message.text);
		expect(message).toMatchObject({ actions: [{ reply: "continue" }], rings: true });
		expect(message.conversation?.title).toBe("(b) migrate billing");
	});

	it("never breaks the length, whatever stands in it and in its variables (row 106)", () => {
		const piece = fc.oneof(
			fc.constantFrom(...templateVariables).map((name) => `{{${name}}}`),
			fc.string({ unit: "binary", maxLength: 40 }),
		);
		const templates = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
		const texts = fc.string({ unit: "binary", maxLength: 300 });
		fc.assert(
			fc.property(templates, texts, texts, (template, message, description) => {
				const { data } = newTemplate.safeParse({ text: template });
				if (data === undefined) return;
				for (const style of [sms, chat]) {
					const { text } = say(data.text, style, { details: { message }, description });
					expect(text.length).toBeLessThanOrEqual(style.maxLength);
					expect(text).toContain("Reply b + text");
					expect(text.isWellFormed()).toBe(true);
					expect(text.replace(/[\n\t]/g, "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
				}
			}),
			{ numRuns: 400 },
		);
	});
});

describe("a new template", () => {
	it("is refused for an unknown variable, with the list of those that there are (row 106)", () => {
		const said = problem("{{title}} {{tittle}}");
		expect(said).toContain("has no variable {{tittle}}");
		for (const name of templateVariables) expect(said).toContain(`{{${name}}}`);
	});

	it.each([
		["x".repeat(maxTemplate + 1), /300/],
		["{{text}} and {{text}}", /once/],
		["{{text}", /alone/],
		["text}}", /alone/],
		["{{}}", /no variable/],
		["{{__proto__}}", /no variable/],
		["{{constructor}}", /no variable/],
		[" \n ", /empty/],
		["", /empty/],
	])("%.40j is refused", (text, words) => {
		expect(problem(text)).toMatch(words);
	});

	it("may hold single braces and any spaces inside the double ones", () => {
		expect(problem("{x} {{ title }} }")).toBeUndefined();
	});
});
