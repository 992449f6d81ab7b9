import { describe, expect, it } from "vitest";
import type { ApprovalQuestion } from "../../../src/contract/approvals.ts";
import { judgeAnswer } from "./judge-answer.ts";
import { readAnswer } from "./read-answer.ts";

type Request = Parameters<typeof judgeAnswer>[0];

const question = (key: string, labels: string[], more: Partial<ApprovalQuestion> = {}): ApprovalQuestion => ({
	key,
	question: key,
	options: labels.map((label) => ({ label })),
	multi_select: false,
	...more,
});
const request = (more: Partial<Request> = {}): Request => ({
	kind: "permission",
	number: 3,
	handle: "b",
	session_grant: "Bash(npm test:*)",
	questions: [],
	answers: {},
	confirm_code: null,
	wrong_codes: 0,
	...more,
});
const colours = question("Which colour?", ["Red", "Blue", "Green"]);
const judge = (given: Request, text: string) => judgeAnswer(given, readAnswer(text, ["b"]));
const decided = (behavior: "allow" | "deny", more: object = {}) => ({
	to: "decide",
	decision: { behavior, scope: "once", ...more },
});

describe("an answer to a permission", () => {
	it("allows, allows for the session, and denies with the reason", () => {
		expect(judge(request(), "b y")).toEqual(decided("allow"));
		expect(judge(request(), "b y session")).toEqual(decided("allow", { scope: "session" }));
		expect(judge(request(), "b n")).toEqual(decided("deny"));
		expect(judge(request(), "b n use rg")).toEqual(decided("deny", { message: "use rg" }));
	});

	it.each(["b 2", "b 1:2", "b go on", "b y 4821"])("does nothing for %j, and says how (row 133)", (text) => {
		expect(judge(request(), text)).toMatchObject({ to: "explain", hint: expect.stringContaining("b #3 y or b #3 n") });
	});

	it("is not allowed for the session where that was not offered", () => {
		expect(judge(request({ session_grant: null }), "b y session")).toMatchObject({ to: "explain" });
	});

	it("that destroys needs its code, and no phone allows it after three wrong ones", () => {
		const guarded = request({ confirm_code: "4821", session_grant: null });
		expect(judge(guarded, "b y")).toEqual({ to: "ask_code", wrong: false });
		expect(judge(guarded, "b y 4822")).toEqual({ to: "ask_code", wrong: true });
		expect(judge(guarded, "b y 4821")).toEqual(decided("allow"));
		expect(judge(guarded, "b n")).toEqual(decided("deny"));
		const locked = { ...guarded, wrong_codes: 3 };
		expect(judge(locked, "b y 4821")).toEqual({ to: "locked" });
		expect(judge(locked, "b n")).toEqual(decided("deny"));
	});
});

describe("an answer to a question", () => {
	const asked = (questions: ApprovalQuestion[], more: Partial<Request> = {}) =>
		request({ kind: "question", session_grant: null, questions, ...more });
	const answers = (given: Record<string, string | string[]>) => decided("allow", { answers: given });

	it("is an option by its number or its name, or free text", () => {
		const one = asked([colours]);
		expect(judge(one, "b 2")).toEqual(answers({ "Which colour?": "Blue" }));
		expect(judge(one, "b blue")).toEqual(answers({ "Which colour?": "Blue" }));
		expect(judge(one, "b make it teal")).toEqual(answers({ "Which colour?": "make it teal" }));
	});

	it.each(["b 4", "b 1 2", "b y", "b 2:1"])("is not %j: there is no such option", (text) => {
		expect(judge(asked([colours]), text)).toMatchObject({ to: "explain" });
	});

	it("takes y and n for Yes and No where those are options", () => {
		const sure = asked([question("Sure?", ["Yes, do it", "No", "Later"])]);
		expect(judge(sure, "b y")).toEqual(answers({ "Sure?": "Yes, do it" }));
		expect(judge(sure, "b n")).toEqual(answers({ "Sure?": "No" }));
	});

	it("is several options where several are wanted", () => {
		const many = asked([{ ...colours, multi_select: true }]);
		expect(judge(many, "b 1 3")).toEqual(answers({ "Which colour?": ["Red", "Green"] }));
		expect(judge(many, "b 3 3")).toEqual(answers({ "Which colour?": ["Green"] }));
		expect(judge(many, "b teal")).toEqual(answers({ "Which colour?": ["teal"] }));
	});

	it("takes any text where there are no options, a lone y and n too", () => {
		const free = asked([question("Name?", [])]);
		for (const text of ["y", "n", "2", "n because", "Ann"]) {
			expect(judge(free, `b ${text}`)).toEqual(answers({ "Name?": text }));
		}
	});

	it("answers a form at once, or one question after the other, and only when it is complete", () => {
		const form = [colours, question("Name?", []), question("Size?", ["S", "L"])];
		expect(judge(asked(form), "b 1:2 3:1")).toEqual({
			to: "go_on",
			answers: { "Which colour?": "Blue", "Size?": "S" },
		});
		expect(judge(asked(form), "b 1")).toEqual({ to: "go_on", answers: { "Which colour?": "Red" } });
		const next = asked(form, { answers: { "Which colour?": "Red" } });
		expect(judge(next, "b Ann")).toEqual({ to: "go_on", answers: { "Which colour?": "Red", "Name?": "Ann" } });
		const last = asked(form, { answers: { "Which colour?": "Red", "Name?": "Ann" } });
		expect(judge(last, "b 2")).toEqual(answers({ "Which colour?": "Red", "Name?": "Ann", "Size?": "L" }));
		expect(judge(asked(form), "b 1:2 4:1")).toMatchObject({ to: "explain" });
		expect(judge(asked(form), "b 1:9 3:1")).toMatchObject({ to: "explain" });
	});

	it("takes no question for answered by a name that every object has", () => {
		const odd = question("constructor", ["S", "L"]);
		expect(judge(asked([odd, colours]), "b 2")).toEqual({ to: "go_on", answers: { constructor: "L" } });
	});

	it("is declined with n, where n is no option", () => {
		expect(judge(asked([colours]), "b n ask me later")).toEqual(decided("deny", { message: "ask me later" }));
		const relayed = asked([question("Name?", ["Ann", "Bob"])], { kind: "elicitation" });
		expect(judge(relayed, "b n")).toEqual(decided("deny"));
		expect(judge(asked([], { kind: "elicitation" }), "b y")).toEqual(decided("allow"));
	});
});
