import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanReply } from "./clean-reply.ts";

const esc = "\u001b";

/** Characters that move a cursor, hide, or turn text around. */
const forbidden = /[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u200b\ufeff\u{e0000}-\u{e007f}]/u;

/** Text full of what should not get through. */
const hostile = fc
	.array(
		fc.oneof(
			fc.string({ unit: "binary" }),
			fc.constantFrom(
				esc,
				`${esc}[31m`,
				`${esc}]8;;`,
				"\u0007",
				"\u009b",
				"\u009d",
				"\u202e",
				"\u0000",
				"\ud800",
				"\udc00",
				"\r",
				"[0m",
				"\\",
			),
		),
	)
	.map((parts) => parts.join(""));

describe("cleanReply", () => {
	it.each([
		["colours", `${esc}[1;31mred${esc}[0m`, "red"],
		["a link", `${esc}]8;;https://evil.example${esc}\\text${esc}]8;;${esc}\\`, "text"],
		["a window title", `${esc}]0;root@prod\u0007ls`, "ls"],
		["a clipboard write", `${esc}]52;c;ZXZpbA==\u0007x`, "x"],
		["a device control string", `${esc}Pq#0${esc}\\x`, "x"],
		["eight-bit sequences", "\u009b2Jx\u009d0;t\u009cy", "xy"],
		["bidi overrides", "rm \u202efdp.exe\u202c now", "rm fdp.exe now"],
		["invisible tags", "ok\u{e0069}\u{e0067}\u{e006e}", "ok"],
		["zero-width spaces", "s\u200bt\ufeffop", "stop"],
		["NUL", "a\u0000b", "ab"],
		["a lone surrogate", "a\ud83d", "a\ufffd"],
		["Windows line ends", "a\r\nb\rc", "a\nb\nc"],
		["nothing but escapes", `${esc}[2J${esc}[H `, ""],
	])("takes out %s", (_, received, expected) => {
		expect(cleanReply(received)).toBe(expected);
	});

	it.each(["run `npm test` & tell me {1,2} <b>", "größer → 測試 👩‍👩‍👧 می‌خواهم", "two\nlines\tand a tab"])(
		"leaves %j alone",
		(text) => {
			expect(cleanReply(text)).toBe(text);
		},
	);

	it("never lets a control or bidi character or a lone surrogate through (row 196)", () => {
		fc.assert(
			fc.property(hostile, (received) => {
				const clean = cleanReply(received);
				expect(clean).not.toMatch(forbidden);
				expect(clean.isWellFormed()).toBe(true);
			}),
			{ numRuns: 2000 },
		);
	});

	it("changes nothing the second time (row 196)", () => {
		fc.assert(
			fc.property(hostile, (received) => {
				const clean = cleanReply(received);
				expect(cleanReply(clean)).toBe(clean);
			}),
			{ numRuns: 2000 },
		);
	});

	it("takes linear time on text made to be slow", () => {
		const slow = `${esc}]`.repeat(30_000) + `${esc}[`.repeat(30_000) + "9;".repeat(30_000);
		expect(cleanReply(slow).length).toBeLessThan(slow.length);
	});
});
