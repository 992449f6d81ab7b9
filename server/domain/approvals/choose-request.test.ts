import { describe, expect, it } from "vitest";
import { type AnswerContext, chooseRequest } from "./choose-request.ts";
import { readAnswer } from "./read-answer.ts";

type Open = AnswerContext<Parameters<typeof chooseRequest>[1]["open"][number]>["open"][number];

const session = (handle: string, ended = false) => ({ id: `session ${handle}`, handle, description: handle, ended });
const asks = (handle: string, number: number, kind: Open["kind"] = "permission"): Open => ({
	id: `${handle}${number}`,
	session_id: `session ${handle}`,
	kind,
	number,
	questions: kind === "question" ? [{ key: "q", question: "q", options: [], multi_select: false }] : [],
});

/** The ids of what is meant: one, several to choose from, or undefined. */
function chosen(text: string, open: Open[], more: Partial<AnswerContext<Open>> = {}): string | string[] | undefined {
	const sessions = more.sessions ?? [session("b"), session("d")];
	const read = readAnswer(
		text,
		sessions.map(({ handle }) => handle),
	);
	const found = chooseRequest(read, {
		pointer: undefined,
		pointedEvent: undefined,
		carrier: false,
		open,
		sessions,
		...more,
	});
	if (found === undefined) return undefined;
	return found.to === "request" ? found.request.id : found.requests.map(({ id }) => id);
}

describe("which request an answer means (row 133)", () => {
	const alone = { sessions: [session("b")] };

	it("is the session's only one by the letter", () => {
		expect(chosen("b y", [asks("b", 1), asks("d", 1)])).toBe("b1");
		expect(chosen("d n not now", [asks("b", 1), asks("d", 1)])).toBe("d1");
	});

	it("is asked for where the session has several, and taken by its number", () => {
		const open = [asks("b", 1), asks("b", 2), asks("d", 1)];
		expect(chosen("b y", open)).toEqual(["b1", "b2"]);
		expect(chosen("b #2 y", open)).toBe("b2");
		expect(chosen("b #3 y", open)).toBeUndefined();
	});

	it("is the one whose message was answered, whatever else is open", () => {
		const open = [asks("b", 1), asks("b", 2), asks("d", 1)];
		const to = { pointer: "session b", pointedEvent: "b2" };
		expect(chosen("y", open, to)).toBe("b2");
		expect(chosen("b y", open, to)).toBe("b2");
		expect(chosen("2", open, to)).toBeUndefined();
		expect(chosen("go on", open, to)).toBeUndefined();
	});

	it("is none where letter and pointer contradict each other", () => {
		const open = [asks("b", 1), asks("d", 1)];
		expect(chosen("d y", open, { pointer: "session b", pointedEvent: "b1" })).toBeUndefined();
		expect(chosen("d y", open, { pointer: "session b" })).toBeUndefined();
	});

	it("is the only one for a lone y where one session lives and one request is open in all", () => {
		expect(chosen("y", [asks("b", 1)], alone)).toBe("b1");
		expect(chosen("n use rg", [asks("b", 1)], alone)).toBe("b1");
		expect(chosen("y", [asks("b", 1)])).toEqual(["b1"]);
		expect(chosen("y", [asks("b", 1), asks("b", 2)], alone)).toEqual(["b1", "b2"]);
		expect(chosen("y", [])).toBeUndefined();
	});

	it("is asked for where a lone yes or no comes by SMS: those words are the carrier's", () => {
		expect(chosen("no", [asks("b", 1)], { ...alone, carrier: true })).toEqual(["b1"]);
		expect(chosen("n", [asks("b", 1)], { ...alone, carrier: true })).toBe("b1");
		expect(chosen("b no", [asks("b", 1)], { ...alone, carrier: true })).toBe("b1");
	});

	it("is never a permission for words or numbers", () => {
		for (const text of ["b go on", "b 2", "go on", "2", "b 1:2"]) {
			expect(chosen(text, [asks("b", 1)], alone)).toBeUndefined();
		}
	});

	it("is a question for words and numbers, also beside a permission", () => {
		const open = [asks("b", 1), asks("b", 2, "question")];
		expect(chosen("b teal", open)).toBe("b2");
		expect(chosen("b 2", open)).toBe("b2");
		expect(chosen("b y", open)).toEqual(["b1", "b2"]);
		expect(chosen("make it teal", [asks("b", 1, "question")], alone)).toBe("b1");
		expect(chosen("make it teal", [asks("b", 1, "question")])).toBeUndefined();
	});

	it("is none of a session that has ended", () => {
		expect(chosen("b y", [], { sessions: [session("b", true), session("d")] })).toBeUndefined();
	});

	it("is not the other session's in a thread of its own", () => {
		expect(chosen("y", [asks("b", 1)], { ...alone, pointer: "session d" })).toBeUndefined();
	});
});
