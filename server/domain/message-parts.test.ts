import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EventDetails, type EventType, eventTypes } from "../../src/contract/events.ts";
import type { Message, MessageStyle } from "../channels/channel.ts";
import type { Notice } from "./notice.ts";
import { type EventContent, renderMessage } from "./render-message.ts";

const chat: MessageStyle = {
	charset: "unicode",
	maxLength: 4096,
	preferredLength: 600,
	optOutHint: undefined,
	replyHint: (handle) => `Reply ${handle} + text`,
};
const sms: MessageStyle = { ...chat, charset: "gsm7", maxLength: 1600, preferredLength: 160 };

const event = (type: EventType, details: EventDetails = {}, more: Partial<EventContent> = {}): EventContent => ({
	kind: "event",
	type,
	details,
	description: "migrate billing",
	handle: "b",
	held: undefined,
	...more,
});
const joined = ({ parts: { title, label, text, foot } }: Message) =>
	`${title}${title === "" ? "" : "\n"}${label}${text}`.trimEnd() + foot;

describe("the parts of a message", () => {
	it("are its text, whatever an agent wrote and whatever had to be cut", () => {
		const texts = fc.string({ unit: "binary", maxLength: 300 });
		const held = { count: 2, since: new Date(0), now: new Date(1), timeZone: "UTC" };
		fc.assert(
			fc.property(texts, texts, fc.constantFrom(...eventTypes), (message, description, type) => {
				for (const style of [sms, chat, { ...chat, preferredLength: 100 }]) {
					const details = { message, error_message: message, tool_name: description };
					const rendered = renderMessage(event(type, details, { description, held }), style);
					expect(joined(rendered)).toBe(rendered.text);
				}
			}),
			{ numRuns: 300 },
		);
	});

	it("keep the server's words apart from the agent's, and a program's output apart from both", () => {
		const failed = { tool_name: "Bash", error_message: "Exit code 1\nFAIL tests/a.test.ts" };
		expect(renderMessage(event("error", failed), chat).parts).toEqual({
			title: '⚠️ (b) Claude: "migrate billing"',
			label: "Error: ",
			text: "Bash: Exit code 1\nFAIL tests/a.test.ts",
			log: true,
			foot: "\n\nReply b + text",
		});
		expect(renderMessage(event("error", { error_message: "Exit code 1" }), chat).parts.log).toBe(false);
	});

	it("are one part where even the frame has to be cut", () => {
		const tiny = { ...chat, maxLength: 20 };
		const { text, parts } = renderMessage(event("done", { message: "All is well." }), tiny);
		expect(text.length).toBeLessThanOrEqual(20);
		expect(parts).toEqual({ title: "", label: "", text, log: false, foot: "" });
	});
});

describe("the buttons of a message", () => {
	const repliesOf = (type: EventType, details: EventDetails = {}, more: Partial<EventContent> = {}) =>
		renderMessage(event(type, details, more), chat).actions.map(({ reply }) => reply);

	it("continue a turn that has ended, and no other", () => {
		expect(repliesOf("done")).toEqual(["continue"]);
		expect(repliesOf("waiting")).toEqual(["continue"]);
		expect(repliesOf("error", { error_kind: "rate_limit" })).toEqual(["continue"]);
		expect(repliesOf("error", { tool_name: "Bash", error_message: "Exit code 1" })).toEqual([]);
		expect(repliesOf("progress", { message: "step 2" })).toEqual([]);
		expect(repliesOf("done", {}, { handle: null })).toEqual([]);
	});

	it("offer nothing for what can only be answered at the computer", () => {
		for (const type of ["permission", "question", "session_lost"] as const) expect(repliesOf(type)).toEqual([]);
	});

	it("give a held text its session by the letter", () => {
		const choices = [
			{ handle: "b", description: "migrate billing" },
			{ handle: "d", description: "y".repeat(100) },
		];
		const notice: Notice = { kind: "which_session", choices, held: true };
		const { actions } = renderMessage({ kind: "notice", notice }, chat);
		expect(actions.map(({ reply }) => reply)).toEqual(["b", "d"]);
		expect(actions.every(({ label }) => label.length <= 40)).toBe(true);
		expect(renderMessage({ kind: "notice", notice: { kind: "which_session", choices } }, chat).actions).toEqual([]);
	});

	it("always fit into what a provider takes: short, and letters and digits only", () => {
		for (const type of eventTypes) {
			for (const { reply } of renderMessage(event(type, { error_kind: "x" }), chat).actions) {
				expect(reply).toMatch(/^[a-z0-9]{1,20}$/);
			}
		}
	});
});

describe("a message", () => {
	it("names its session the same way every time, so that mail programs keep the session together", () => {
		const conversation = { id: "01990000-0000-7000-8000-000000000001", replyToken: "a2b3c4d5e6f7g2h3" };
		const titles = eventTypes.map((type) => renderMessage(event(type), chat, { conversation }).conversation?.title);
		expect(new Set(titles)).toEqual(new Set(["(b) migrate billing"]));
		expect(renderMessage(event("done"), chat).conversation).toBeUndefined();
	});

	it("rings for all but progress and the receipt of a reply", () => {
		const silent = eventTypes.filter((type) => !renderMessage(event(type), chat).rings);
		expect(silent).toEqual(["progress"]);
		const seen: Notice = { kind: "seen", handle: "b", description: "x" };
		expect(renderMessage({ kind: "notice", notice: seen }, chat).rings).toBe(false);
		expect(renderMessage({ kind: "notice", notice: { kind: "no_session" } }, chat).rings).toBe(true);
	});

	it("says how to answer only where an answer comes back", () => {
		const { text } = renderMessage(event("done"), { ...chat, replyHint: undefined });
		expect(text).toBe('✅ (b) Claude: "migrate billing"\nCompleted successfully!');
	});
});
