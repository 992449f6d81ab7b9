import { describe, expect, it } from "vitest";
import { plainText } from "./plain-text.ts";

describe("plain text", () => {
	it.each([
		["run the tests\n\tagain", "run the tests\n\tagain"],
		["\u001b[31mred\u001b[0m", "red"],
		["\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007", "click"],
		["a\u0000b\u0008c\u007fd\u0085e", "abcde"],
		["one\r\ntwo\rthree", "one\ntwo\nthree"],
		["\u202Egnp.exe\u2066x\u2069", "gnp.exex"],
		["héllo 你好 👩‍💻", "héllo 你好 👩‍💻"],
		["lone \ud800 half", "lone \ufffd half"],
	])("of %j is %j", (given, expected) => {
		expect(plainText(given)).toBe(expected);
	});
});
