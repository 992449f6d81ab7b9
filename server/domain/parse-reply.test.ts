import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanReply } from "./clean-reply.ts";
import { handles as allHandles } from "./handles.ts";
import { type Letters, type ParsedReply, parseReply } from "./parse-reply.ts";

const letters: Letters = { live: ["b", "d", "bd"], ended: ["c"] };

/** The command and what is left of the text, in one word or two. */
function said(text: string, given: Letters = letters): string {
	const { command, text: rest } = parseReply(text, given);
	const about = "handle" in command && command.handle !== undefined ? ` ${command.handle}` : "";
	return `${command.is}${about}|${rest}`;
}

describe("parseReply", () => {
	it.each([
		["b run the tests", "text b|run the tests"],
		["B: run", "text b|run"],
		["b:run", "text b|run"],
		["@b run", "text b|run"],
		["(b): run", "text b|run"],
		["bd go", "text bd|go"],
		["BD:go", "text bd|go"],
		["b y", "text b|y"],
		["b 2", "text b|2"],
		["b", "text b|"],
		["?", "list|"],
		["b?", "state b|"],
		["B ?", "state b|"],
		["@b: ?", "state b|"],
		["(bd)?", "state bd|"],
		["c?", "state c|"],
		["b ? why", "text b|? why"],
		["all: stop and commit", "all|stop and commit"],
		["ALL:go", "all|go"],
		["all:", "all|"],
		["all y", "all_confirmed|"],
		["All: Yes", "all_confirmed|"],
		["mute", "mute|"],
		["mute b 1h", "mute|"],
		["unmute bd", "mute|"],
		["c resume", "resume c|"],
		["C: resume run the tests", "resume c|run the tests"],
		["c go on", "text c|go on"],
		["b resume", "text b|resume"],
	])("reads %j as %j (row 129)", (text, expected) => {
		expect(said(text)).toBe(expected);
	});

	it.each([
		"be quick",
		"x go",
		"x?",
		"bravo",
		"b, go",
		"b-side",
		"go b",
		"all of them: go",
		"all tests pass",
		"what?",
		"mute it",
		"resume",
		"z resume",
		"a plan",
		"i think so",
		"y",
		"1",
	])("takes no letter and no command out of %j (row 129)", (text) => {
		expect(said(text)).toBe(`text|${text}`);
	});

	it("leaves what answers a session's message whole, but for what that session can be asked (row 129)", () => {
		const live: Letters = { ...letters, pointed: "live" };
		for (const text of ["b go", "b?", "all: go", "all y", "resume", "c resume"])
			expect(said(text, live)).toBe(`text|${text}`);
		expect(said("?", live)).toBe("state|");
		expect(said("mute 2h", live)).toBe("mute|");
		const ended: Letters = { ...letters, pointed: "ended" };
		expect(said("resume", ended)).toBe("resume|");
		expect(said("Resume: run the tests", ended)).toBe("resume|run the tests");
		expect(said("go on", ended)).toBe("text|go on");
	});

	describe("whatever comes", () => {
		const piece = fc.constantFrom(
			...["b", "B", "bd", "c", "z", "be", "all", "y", "mute", "unmute", "resume", "1h", "off", "?", ":", "@", "(", ")"],
			...[
				" ",
				"  ",
				"\n",
				"\t",
				"b:",
				"(b)",
				"all:",
				"run",
				"\u001b[2J",
				"\u0000",
				"\ud800",
				"\u202e",
				"\u200b",
				"💬",
				"é",
			],
		);
		const written = fc.oneof(
			fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join("")),
			fc.string({ unit: "binary", maxLength: 60 }),
			fc.string({ unit: "grapheme", maxLength: 40 }),
		);
		const some = fc.uniqueArray(fc.constantFrom(...allHandles), { maxLength: 6 });
		const given: fc.Arbitrary<Letters> = fc
			.tuple(some, some, fc.constantFrom(undefined, undefined, "live" as const, "ended" as const))
			.map(([live, ended, pointed]) => ({
				live: [...live, "b"],
				ended: ended.filter((handle) => !live.includes(handle)),
				pointed,
			}));
		const holds = (runs: number, check: (parsed: ParsedReply, clean: string, letters: Letters, raw: string) => void) =>
			fc.assert(
				fc.property(written, given, (raw, context) => {
					const clean = cleanReply(raw);
					check(parseReply(clean, context), clean, context, raw);
				}),
				{ numRuns: runs },
			);

		it("throws nothing and loses nothing: what was taken off and what is left are the text (row 129)", () => {
			holds(40_000, ({ taken, text }, clean) => {
				if (taken + text !== clean) throw new Error(`${JSON.stringify(clean)} became ${JSON.stringify([taken, text])}`);
			});
		}, 60_000);

		it("names no session that does not stand there, at the front, with a separator (row 129)", () => {
			holds(30_000, ({ command, taken }, clean, { live, ended }) => {
				if (!("handle" in command) || command.handle === undefined) return;
				const { handle } = command;
				const stands = [...live, ...ended].includes(handle) && taken.toLowerCase().includes(handle);
				const after = clean.slice(clean.toLowerCase().indexOf(handle) + handle.length);
				if (!stands || !/^$|^[\s:)?]/.test(after)) throw new Error(`(${handle}) out of ${JSON.stringify(clean)}`);
			});
		}, 60_000);

		it("reads its own output as it was meant, and what is clean stays as it is (row 129)", () => {
			holds(30_000, (parsed, clean, context) => {
				if (cleanReply(clean) !== clean) throw new Error(`not clean: ${JSON.stringify(clean)}`);
				expectSame(parseReply(parsed.taken + parsed.text, context), parsed);
				expectSame(spelledOut(parsed, context), parsed);
			});
		}, 60_000);

		function expectSame(one: ParsedReply, other: ParsedReply): void {
			const [a, b] = [one, other].map(({ command, text }) => JSON.stringify([command, text]));
			if (a !== b) throw new Error(`${a} is not ${b}`);
		}

		/** The same reply, with its letter in brackets. */
		function spelledOut(parsed: ParsedReply, context: Letters): ParsedReply {
			const { command, text } = parsed;
			if (command.is !== "text" || command.handle === undefined || text === "" || text === "?") return parsed;
			return parseReply(`(${command.handle}): ${text}`, context);
		}
	});
});
