import { describe, expect, it } from "vitest";
import { parseReply } from "./parse-reply.ts";
import { type Addressee, lettersOf, type ReplyContext, routeReply } from "./route-reply.ts";

const session = (handle: string, ended = false): Addressee => ({
	id: `id-${handle}${ended ? "-ended" : ""}`,
	handle,
	description: `project ${handle}`,
	ended,
});
const [b, d, bd] = [session("b"), session("d"), session("bd")];
const endedC = session("c", true);

/** What the route says, in one word or two. */
function said(text: string, context: ReplyContext): string {
	const parsed = parseReply(text, lettersOf(context));
	const route = routeReply(parsed, context);
	if (route.to === "session") return `${route.session.handle}${route.guessed ? "?" : ""}|${parsed.text}`;
	if (route.to === "which") return `which ${route.choices.map((choice) => choice.handle).join("")}`;
	return route.to === "ended" ? `ended ${route.session.handle}` : "nobody";
}

describe("routeReply", () => {
	it.each([
		["b run the tests", "b|run the tests"],
		["B run the tests", "b|run the tests"],
		["b: run", "b|run"],
		["b:run", "b|run"],
		["@b run", "b|run"],
		["(b) run", "b|run"],
		["(b): run", "b|run"],
		["(@B)run", "b|run"],
		["b\nrun", "b|run"],
		["b y", "b|y"],
		["b 2", "b|2"],
		["bd go", "bd|go"],
		["b", "b|"],
		["b :)", "b|:)"],
		["d b go", "d|b go"],
	])("reads %j as %j (row 129)", (text, expected) => {
		expect(said(text, { sessions: [b, d, bd] })).toBe(expected);
	});

	it.each(["be quick", "x go", "bravo", "b, go", "b. go", "b-side", "(b", "b) go", "@ b go", "go b", "1", "y"])(
		"takes no handle out of %j",
		(text) => {
			expect(said(text, { sessions: [b, d] })).toBe("which bd");
		},
	);

	it("sends text without a handle to the only live session, whatever ended before", () => {
		expect(said("be quick", { sessions: [b, endedC] })).toBe("b|be quick");
	});

	it("asks only the last that notified when several are live, and says that it guessed (row 129)", () => {
		expect(said("go on", { sessions: [b, d], lastNotified: d.id })).toBe("d?|go on");
	});

	it("asks which when several are live and none notified lately (row 129)", () => {
		expect(said("go on", { sessions: [b, d] })).toBe("which bd");
		expect(said("go on", { sessions: [b, d, endedC], lastNotified: endedC.id })).toBe("which bd");
	});

	it("guesses nothing for an answer to something that nobody knows (row 129)", () => {
		const unknown = { strays: true, lastNotified: d.id };
		expect(said("go on", { sessions: [b, d], ...unknown })).toBe("which bd");
		expect(said("b go on", { sessions: [b, d], ...unknown })).toBe("b|go on");
		expect(said("go on", { sessions: [d], ...unknown })).toBe("d|go on");
	});

	it("takes the letter over the session that notified last", () => {
		expect(said("b go", { sessions: [b, d], lastNotified: d.id })).toBe("b|go");
	});

	it("takes the provider's own pointer over everything and leaves the text whole", () => {
		expect(said("b go", { sessions: [b, d], pointer: d.id, lastNotified: b.id })).toBe("d|b go");
		expect(said("go", { sessions: [b, endedC], pointer: endedC.id })).toBe("ended c");
		expect(said("go", { sessions: [b], pointer: "another user's session" })).toBe("b|go");
	});

	it("refuses a reply to an ended session instead of giving it to another", () => {
		expect(said("c go", { sessions: [b, endedC] })).toBe("ended c");
		expect(said("go", { sessions: [endedC], lastNotified: endedC.id })).toBe("ended c");
	});

	it("prefers the live session of two that had the same letter", () => {
		expect(said("b go", { sessions: [session("b", true), b, d] })).toBe("b|go");
	});

	it("has nobody to give it to when nothing runs", () => {
		expect(said("go", { sessions: [] })).toBe("nobody");
	});
});
