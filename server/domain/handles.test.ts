import { describe, expect, it } from "vitest";
import { freeHandle, handles } from "./handles.ts";

describe("the letters that address sessions from a phone", () => {
	it("are no words, no texting words and no digits, first single ones, then pairs", () => {
		expect(handles.slice(0, 17).join("")).toBe("bcdefghjmpqstvwxz");
		expect(handles.slice(17).every((handle) => /^[bcdfghjmpqstvwxz]{2}$/.test(handle))).toBe(true);
		expect(new Set(handles).size).toBe(17 + 16 * 16);
	});

	it("are given out in order, and end", () => {
		expect(freeHandle(new Set())).toBe("b");
		expect(freeHandle(new Set(["b", "c", "e"]))).toBe("d");
		expect(freeHandle(new Set(handles.slice(0, 17)))).toBe("bb");
		expect(freeHandle(new Set(handles))).toBeUndefined();
	});
});
