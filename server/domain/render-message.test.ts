import fc from "fast-check";
import { SegmentedMessage } from "sms-segments-calculator";
import { describe, expect, it } from "vitest";
import { type EventDetails, type EventType, eventTypes } from "../../src/contract/events.ts";
import type { MessageStyle } from "../channels/channel.ts";
import type { Notice } from "./notice.ts";
import { type EventContent, renderMessage } from "./render-message.ts";

const sms: MessageStyle = {
	charset: "gsm7",
	maxLength: 1600,
	preferredLength: 160,
	optOutHint: "Reply STOP to disable",
	replyHint: (handle) => `Reply ${handle} + text`,
};
const chat: MessageStyle = { ...sms, charset: "unicode", maxLength: 4096, preferredLength: 600, optOutHint: undefined };

function event(type: EventType, details: EventDetails = {}, more: Partial<EventContent> = {}): EventContent {
	return { kind: "event", type, details, description: "migrate billing", handle: "b", held: undefined, ...more };
}
const smsOf = (type: EventType, details: EventDetails = {}, more: Partial<EventContent> = {}) =>
	renderMessage(event(type, details, more), sms).text;
const segments = (text: string) => {
	const counted = new SegmentedMessage(text);
	return `${counted.encodingName} x${counted.segmentsCount}`;
};

const markdown = [
	"## Summary",
	"",
	"I **migrated** the billing module — all `42` tests pass.",
	"",
	"- moved `invoices.ts` → `billing/`",
	"```ts",
	"const x = 1;",
	"```",
	"Next: shall I open a [pull request](https://x.example/1)?",
].join("\n");

const since = new Date("2026-11-20T14:00:00Z");
const held = { count: 3, since, now: new Date("2026-11-20T14:35:00Z"), timeZone: "UTC" };

describe("an SMS about an event", () => {
	it("says a failed tool with its name and the brief error (rows 62, 104)", () => {
		expect(smsOf("error", { tool_name: "Bash", error_message: "Exit code 3\nout" })).toBe(
			'(b) Claude: "migrate billing"\nError: Bash: Exit code 3\nout\n\nReply b + text. Reply STOP to disable',
		);
	});

	it("says done, with the beginning of Claude's own words without its Markdown (row 104)", () => {
		expect(smsOf("done")).toBe(
			'(b) Claude: "migrate billing"\nCompleted successfully!\n\nReply b + text. Reply STOP to disable',
		);
		expect(smsOf("done", { message: markdown })).toBe(
			"(b) Claude: \"migrate billing\"\nCompleted successfully! I migrated the billing module - all '42' tests pass.\n- moved...\n\nReply b + text. Reply STOP to disable",
		);
	});

	it("says waiting with the idle minutes (row 104)", () => {
		expect(smsOf("waiting", { idle_minutes: 10 })).toBe(
			'(b) Claude: "migrate billing"\nWaiting for input (10 min idle)\n\nReply b + text. Reply STOP to disable',
		);
	});

	it.each([
		["error", { error_kind: "rate_limit", error_message: "resets 3pm" }, "Error: rate limit: resets 3pm"],
		["error", {}, "Error: something went wrong"],
		[
			"permission",
			{ tool_name: "Bash", message: "npm publish" },
			"Permission needed at the computer: Bash: npm publish",
		],
		["question", { message: "Which database?" }, "Question at the computer: Which database?"],
		["progress", { message: "Half of it is done." }, "Half of it is done."],
		["session_lost", {}, "Session lost: no sign of life from the computer"],
	] as const)("says %s %j as a person would", (type, details, line) => {
		expect(smsOf(type, details).split("\n\n")[0]).toBe(`(b) Claude: "migrate billing"\n${line}`);
	});

	it("says a script's text and the end of a command under their own title, and as nobody's words", () => {
		expect(smsOf("task_finished", { message: "disk is full" }).split("\n\n")[0]).toBe("migrate billing\ndisk is full");
		const task = { title: "make", exit_code: 2, signal: null, interrupted: false, duration_ms: 12_999 };
		const [said] = smsOf("task_finished", { message: "ld: no such symbol", task }).split("\n\n");
		expect(said).toBe("migrate billing\nFailed (code 2) in 0:12\nld: no such symbol");
	});

	it("asks for no reply where a reply would not help, and where no session could get it", () => {
		expect(smsOf("permission", { tool_name: "Bash" })).toMatch(/\n\nReply STOP to disable$/);
		expect(smsOf("done", {}, { handle: null })).toBe(
			'Claude: "migrate billing"\nCompleted successfully!\n\nReply STOP to disable',
		);
	});

	it("tells what was held back, since when, and what the machine had to drop", () => {
		expect(smsOf("error", { tool_name: "Bash" }, { held })).toContain("Error: Bash\n+3 errors since 14:00 UTC\n\n");
		expect(smsOf("done", {}, { held })).toContain("successfully!\n+3 more since 14:00 UTC\n\n");
		const home = { ...held, count: 1, timeZone: "Europe/Berlin" };
		expect(smsOf("error", {}, { held: home })).toContain("\n+1 error since 15:00\n\n");
		const old = { ...held, now: new Date("2026-11-22T14:35:00Z") };
		expect(smsOf("error", {}, { held: old })).toContain("\n+3 errors since 20 Nov, 14:00 UTC\n\n");
		expect(smsOf("error", { dropped: 12 })).toContain("\n12 earlier ones were lost while the server was away\n\n");
	});

	it("fits one segment by cutting the agent's text and a long title, never the frame", () => {
		const long = { message: `${"All is well, and more than that. ".repeat(100)}` };
		const titles = [
			"x",
			"migrate billing",
			"refactor the whole payment stack so that it uses the new ledger only",
			"y".repeat(100),
		];
		for (const description of titles) {
			for (const more of [{}, { held }]) {
				const text = smsOf("done", long, { description, ...more });
				expect(segments(text)).toBe("GSM-7 x1");
				expect(text).toMatch(/^\(b\) Claude: "[^"]+"\nCompleted successfully! All is well/);
				expect(text).toMatch(/\n\nReply b \+ text\. Reply STOP to disable$/);
			}
		}
	});

	it("never has more than 1600 characters with everything in it, and ends the cut text with a marker (row 103)", () => {
		const long = { ...sms, preferredLength: 1600 };
		for (const length of [1400, 1500, 1600, 1601, 4096]) {
			const { text } = renderMessage(event("done", { message: "y".repeat(length) }), long);
			expect(text.length).toBeLessThanOrEqual(1600);
			expect(text).toMatch(/Reply STOP to disable$/);
			expect(/\.\.\.\n\n/.test(text)).toBe(length > 1500);
		}
		const notice = renderMessage({ kind: "notice", notice: { kind: "refused", reason: "z".repeat(1601) } }, sms).text;
		expect(notice.length).toBeLessThanOrEqual(1600);
		expect(notice).toMatch(/z\.\.\.$/);
	});

	it("keeps Chinese and Russian readable and counts them as UCS-2: two segments at most", () => {
		const chinese = "已完成 billing 模块的 migration，所有 42 个测试通过。".repeat(10);
		const text = smsOf("done", { message: chinese });
		expect(text).toContain("已完成 billing 模块的 migration，所有");
		expect(text).not.toContain("?");
		expect(segments(text)).toBe("UCS-2 x2");
		const russian = smsOf("done", { message: "Готово: все тесты прошли." }, { description: "перенос биллинга" });
		expect(russian).toContain('"перенос биллинга"\nCompleted successfully! Готово: все тесты прошли.');
		expect(segments(russian)).toBe("UCS-2 x2");
	});

	it("cuts between characters as a person sees them", () => {
		const family = "👩‍👩‍👧‍👦";
		const { text } = renderMessage(event("done", { message: `登录${family.repeat(60)}` }), sms);
		expect(text).toContain(`登录${family}`);
		expect(text.replaceAll(family, "")).not.toMatch(/[\u{1f000}-\u{1ffff}\u200d]/u);
		expect(text.isWellFormed()).toBe(true);
	});

	it("lets nothing pass that steers a terminal, hides or turns text, or is a secret (row 196)", () => {
		const hostile = `\u001b[31mred\u001b[0m \u001b]8;;https://evil\u0007link\u001b]8;;\u0007 \u202egnp.exe\u0000 50%\r100%\nAWS AKIA${"IOSFODNN7EXAMPLE"} password=hunter2`;
		const text = smsOf("error", { tool_name: "Bash\u202e", error_message: hostile }, { description: "a\u001b[2Jb\nc" });
		expect(text).toBe(
			'(b) Claude: "ab c"\nError: Bash: 100%\nAWS AKIA*** password=***\n\nReply b + text. Reply STOP to disable',
		);
		const whole = renderMessage(event("error", { error_message: hostile.replace("\r100%", "") }), chat).text;
		expect(whole).toContain("Error: red link gnp.exe 50%\nAWS AKIA*** password=***");
	});

	it("is well formed, within its length and free of control characters whatever an agent wrote (row 196)", () => {
		const texts = fc.string({ unit: "binary", maxLength: 400 });
		fc.assert(
			fc.property(texts, texts, fc.constantFrom(...eventTypes), (message, description, type) => {
				for (const style of [sms, chat]) {
					const details = { message, error_message: message, tool_name: description };
					const { text } = renderMessage(event(type, details, { description, held }), style);
					expect(text.length).toBeLessThanOrEqual(style.maxLength);
					expect(text.isWellFormed()).toBe(true);
					expect(text.replace(/[\n\t]/g, "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("takes Markdown, HTML and mentions literally", () => {
		const text = smsOf("error", { error_message: "_*[]()~`<b>&@everyone" });
		expect(text).toContain("Error: _*[]()~'<b>&@everyone\n");
	});
});

describe("a message on a channel with emoji", () => {
	it.each([
		["error", "⚠️", { tool_name: "Bash", error_message: "Exit code 3" }, "Error: Bash: Exit code 3"],
		["done", "✅", {}, "Completed successfully!"],
		["waiting", "⏳", {}, "Waiting for input (10 min idle)"],
	] as const)("starts %s with %s, and needs no opt-out words (row 104)", (type, icon, details, line) => {
		const { text } = renderMessage(event(type, details), chat);
		expect(text).toBe(`${icon} (b) Claude: "migrate billing"\n${line}\n\nReply b + text`);
	});

	it("keeps paragraphs, code and typographic marks", () => {
		expect(renderMessage(event("done", { message: markdown }), chat).text).toContain(
			"Completed successfully! I migrated the billing module — all `42` tests pass.\n\n- moved `invoices.ts` → `billing/`\nconst x = 1;\nNext: shall I open a pull request?",
		);
	});
});

describe("an SMS that is a notice", () => {
	const session = { handle: "b", description: "migrate billing" };
	const notices: [Notice, string][] = [
		[{ kind: "test" }, "This is a test message of claude-notify. Messages reach you here.\n\nReply STOP to disable"],
		[{ kind: "seen", ...session }, '(b) "migrate billing": Claude has read your reply.'],
		[
			{ kind: "waiting_for_session", ...session },
			'(b) "migrate billing": its computer cannot be reached now. Your reply waits and comes with the next prompt there.',
		],
		[
			{ kind: "which_session", choices: [session, { handle: "d", description: "web shop" }] },
			'Which session? (b) "migrate billing", (d) "web shop"\nReply with the letter first: b + text',
		],
		[
			{ kind: "which_session", choices: [session, { handle: "d", description: "web shop" }], held: true },
			'Which session? (b) "migrate billing", (d) "web shop"\nReply b or d: it gets your text.',
		],
		[{ kind: "session_ended", ...session }, '(b) "migrate billing" has ended. Your reply was not passed on.'],
		[
			{ kind: "no_session" },
			"No session is monitored now, so nobody got your reply. Start one with /notify-start in Claude Code.",
		],
		[
			{ kind: "refused", reason: "Wait a minute, then send again." },
			"Your reply was not passed on. Wait a minute, then send again.",
		],
	];

	it.each(notices)("says $kind in one segment", (notice, words) => {
		const { text } = renderMessage({ kind: "notice", notice }, sms);
		expect(text).toBe(words);
		expect(segments(text)).toBe("GSM-7 x1");
	});
});
