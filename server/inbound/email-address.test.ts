import { describe, expect, it } from "vitest";
import { normalAddress, soleMailbox } from "./email-address.ts";

describe("an e-mail address", () => {
	it.each([
		["me@example.com", "me@example.com"],
		[" Ann@Example.COM ", "ann@example.com"],
		["a.b+tag@mail.example.co.uk", "a.b+tag@mail.example.co.uk"],
		["ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"],
	])("%j is %s", (typed, address) => {
		expect(normalAddress(typed)).toBe(address);
	});

	it.each([
		"",
		"ann",
		"ann@",
		"@example.com",
		"ann@example",
		"ann@@example.com",
		"a b@example.com",
		".ann@example.com",
		"ann.@example.com",
		"a..b@example.com",
		'"ann"@example.com',
		'"ann@gmail.com"@evil.example',
		"ann@[127.0.0.1]",
		"ann@127.0.0.1",
		"ann@-example.com",
		"ann@example-.com",
		"ann@exa_mple.com",
		"änn@example.com",
		"ann@bücher.example",
		"Ann <ann@example.com>",
		"ann@example.com,bob@example.com",
		"ann@example.com\r\nBcc: bob@example.com",
		"ann@example.com\u0000",
		`${"a".repeat(65)}@example.com`,
		`ann@${"a.".repeat(130)}com`,
	])("%j is none", (typed) => {
		expect(normalAddress(typed)).toBeUndefined();
	});
});

describe("the sender of a mail", () => {
	it.each([
		["ann@gmail.com", "ann@gmail.com"],
		["Ann Example <Ann@Gmail.com>", "ann@gmail.com"],
		["<ann@gmail.com>", "ann@gmail.com"],
		['"Example, Ann" <ann@gmail.com>', "ann@gmail.com"],
		["Example, Ann <ann@gmail.com>", "ann@gmail.com"],
		["ann@gmail.com (Ann)", "ann@gmail.com"],
		["=?utf-8?q?=C3=84nn?= <ann@gmail.com>", "ann@gmail.com"],
	])("%j is %s", (header, address) => {
		expect(soleMailbox(header)).toBe(address);
	});

	it.each([
		['"ann@gmail.com" <mallory@evil.example>', "mallory@evil.example"],
		["ann@gmail.com <mallory@evil.example>", "mallory@evil.example"],
		['"Ann <ann@gmail.com>" <mallory@evil.example>', "mallory@evil.example"],
		["=?utf-8?q?ann=40gmail.com?= <mallory@evil.example>", "mallory@evil.example"],
		["(ann@gmail.com) mallory@evil.example", "mallory@evil.example"],
		["ann@gmail.com.evil.example", "ann@gmail.com.evil.example"],
		["xann@gmail.com", "xann@gmail.com"],
	])("%j is not who its name says (row 128)", (header, address) => {
		expect(soleMailbox(header)).toBe(address);
	});

	it.each([
		"",
		"Ann",
		"ann@gmail.com, mallory@evil.example",
		"Ann <ann@gmail.com>, Mallory <mallory@evil.example>",
		"<ann@gmail.com> <mallory@evil.example>",
		"<ann@gmail.com> mallory@evil.example",
		"ann@gmail.com mallory@evil.example",
		"Ann <ann@gmail.com> (x) <mallory@evil.example>",
		"ann@gmail.com> <mallory@evil.example>",
		"friends: ann@gmail.com;",
		"friends:;",
		'"ann@gmail.com"@evil.example',
		"Ann <ann@gmail.com",
		"Ann <ann @gmail.com>",
		'["ann@gmail.com","mallory@evil.example"]',
		`${"x".repeat(1000)} <ann@gmail.com>`,
	])("%j is nobody (row 128)", (header) => {
		expect(soleMailbox(header)).toBeUndefined();
	});

	it("is found in no time, however hostile the header", () => {
		const started = performance.now();
		for (const bait of ['"\\', '"', "(", "<", "a@b.c,", "a:;", "\\", " ("]) {
			expect(soleMailbox(bait.repeat(500_000 / bait.length))).toBeUndefined();
			expect(soleMailbox(bait.repeat(900 / bait.length))).toBeUndefined();
		}
		expect(performance.now() - started).toBeLessThan(500);
	});
});
