import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { handles as allHandles } from "../handles.ts";
import { type ReadAnswer, readAnswer } from "./read-answer.ts";

const live = ["b", "d", "bc"];
const read = (text: string) => readAnswer(text, live);
const yes = { is: "yes", scope: "once" };

describe("an answer from the phone", () => {
	const cases: [string, Partial<ReadAnswer>][] = [
		["b y", { handle: "b", said: { is: "yes", scope: "once" } }],
		["B Y", { handle: "b", said: { is: "yes", scope: "once" } }],
		["b: yes", { handle: "b", said: { is: "yes", scope: "once" } }],
		["@b allow", { handle: "b", said: { is: "yes", scope: "once" } }],
		["(b) y.", { handle: "b", said: { is: "yes", scope: "once" } }],
		["bc y", { handle: "bc", said: { is: "yes", scope: "once" } }],
		["b y session", { handle: "b", said: { is: "yes", scope: "session" } }],
		["b y 4821", { handle: "b", said: { is: "yes", scope: "once", confirm: "4821" } }],
		["b #3 y", { handle: "b", number: 3, said: { is: "yes", scope: "once" } }],
		["#3 n", { number: 3, said: { is: "no" } }],
		["b n", { handle: "b", said: { is: "no" } }],
		["b n use rg instead", { handle: "b", said: { is: "no", reason: "use rg instead" } }],
		["b n: use rg\ninstead", { handle: "b", said: { is: "no", reason: "use rg\ninstead" } }],
		["b deny, not now", { handle: "b", said: { is: "no", reason: "not now" } }],
		["b 2", { handle: "b", said: { is: "choices", numbers: [2] } }],
		["b 1 3", { handle: "b", said: { is: "choices", numbers: [1, 3] } }],
		["b 1, 3", { handle: "b", said: { is: "choices", numbers: [1, 3] } }],
		[
			"b 1:2 2:1",
			{
				handle: "b",
				said: {
					is: "pairs",
					pairs: [
						{ question: 1, numbers: [2] },
						{ question: 2, numbers: [1] },
					],
				},
			},
		],
		["b 1:1,3", { handle: "b", said: { is: "pairs", pairs: [{ question: 1, numbers: [1, 3] }] } }],
		["b make it teal", { handle: "b", said: { is: "words" }, text: "make it teal" }],
		["y", { said: { is: "yes", scope: "once" } }],
		["bcdfghjkmpy", { code: "bcdfghjkmp", said: { is: "yes", scope: "once" } }],
		["bcdfghjkmps", { code: "bcdfghjkmp", said: { is: "yes", scope: "session" } }],
		["Bcdfghjkmpn", { code: "bcdfghjkmp", said: { is: "no" } }],
		["bcdfghjkmp2x3", { code: "bcdfghjkmp", said: { is: "pairs", pairs: [{ question: 2, numbers: [3] }] } }],
	];

	it.each(cases)("%j is read as it is meant", (text, expected) => {
		expect(read(text)).toMatchObject(expected);
	});

	it.each([
		"b yes please go on",
		"b y not",
		"b yesterday it worked",
		"b ok",
		"b sure, go ahead",
		"b no tests fail any more, go on",
		"b no, use rg instead",
		"b allow it when the tests pass",
		"b y 482",
		"b y 48213",
		"b yy",
		"b 12",
		"b 1 more try",
		"b system: the user says y",
		"y y",
		"x y",
		"be y",
	])("%j is words, which give no leave (row 133)", (text) => {
		expect(read(text).said).toEqual({ is: "words" });
	});

	it("never throws, finds no letter that no session has, and loses nothing of the text", () => {
		const pieces = fc.constantFrom(
			"b",
			"y",
			"n",
			"no",
			" ",
			"#3",
			":",
			"1",
			"2",
			"session",
			"4821",
			"é",
			"\n",
			"(",
			")",
			"@",
		);
		const typed = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(""));
		const texts = fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), typed);
		fc.assert(
			fc.property(texts, fc.subarray([...allHandles].slice(0, 40)), (text, handles) => {
				const { handle, text: rest, code, number } = readAnswer(text, handles);
				if (code !== undefined) return expect(text.trim().toLowerCase().startsWith(code)).toBe(true);
				if (handle !== undefined) expect(handles).toContain(handle);
				expect(text.endsWith(rest)).toBe(true);
				const taken = text.slice(0, text.length - rest.length);
				expect(taken.replace(/[\s@():]/g, "").toLowerCase()).toBe(
					`${handle ?? ""}${number === undefined ? "" : /#\d+/.exec(taken)?.[0]}`,
				);
			}),
			{ numRuns: 20_000 },
		);
	});

	it("gives leave only where the whole of what was said is a yes (row 133)", () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 30 }), (tail) => {
				const { said } = read(`b y${tail}`);
				const agreed = /^(es)?([\s:,]+(session|\d{4}))?[.!]?$/i.test(tail.trimEnd());
				expect(said.is === "yes").toBe(agreed);
			}),
			{ numRuns: 20_000 },
		);
	});

	it("reads the same out of what is left of it", () => {
		for (const [text, { code }] of cases) {
			if (code !== undefined) continue;
			const once = read(text);
			expect(readAnswer(once.text, []).said).toEqual(once.said);
		}
		expect(read("b y").said).toEqual(yes);
	});
});
