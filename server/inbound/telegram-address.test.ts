import { describe, expect, it } from "vitest";
import { addressOf, chatLabel, parseAddress } from "./telegram-address.ts";

describe("a Telegram address", () => {
	it.each([
		["123456789", { chat: 123456789, person: 123456789 }],
		["-1001234567890", { chat: -1001234567890, person: undefined }],
		["-1001234567890/6800000017", { chat: -1001234567890, person: 6800000017 }],
	])("%s is read and written again (row 102)", (address, target) => {
		expect(parseAddress(address)).toEqual(target);
		expect(addressOf(target)).toBe(address);
	});

	it.each(["", "0", "007", "-", "12a", "@ann", "123/456", "-100123/", "-100123/4/5", "1".repeat(17), " 123", "1e5"])(
		"%j is none",
		(address) => {
			expect(parseAddress(address)).toBeUndefined();
		},
	);
});

describe("a chat's label", () => {
	it("has the names that there are, and never the whole id", () => {
		expect(chatLabel(6800000017, "Ann")).toBe("Ann (…0017)");
		expect(chatLabel(-1001234567890, "Ann", "Builders")).toBe("Ann in Builders (…7890)");
		expect(chatLabel(6800000017, undefined)).toBe("chat (…0017)");
	});

	it.each([
		["\u001b[31mred\u0007", "[31mred"],
		["a\u202eb\u2066c\u200b", "a b c"],
		["two\nlines", "two lines"],
		["  \u00a0 ", "chat"],
		["x".repeat(200), "x".repeat(24)],
		["😀".repeat(30), "😀".repeat(24)],
		["\ud83d", "chat"],
	])("shows the name %j as %j", (name, shown) => {
		expect(chatLabel(6800000017, name)).toBe(`${shown} (…0017)`);
	});
});
