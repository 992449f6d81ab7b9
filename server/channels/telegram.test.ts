import { describe, expect, it } from "vitest";
import { telegram } from "./telegram.ts";

const { definition, providers } = telegram;
const good = { TELEGRAM_BOT_TOKEN: `123456789:AA${"x".repeat(33)}` };
const problems = (variables: Record<string, string>) => providers[0]?.configure({ ...good, ...variables }).problems;

describe("a contact on Telegram", () => {
	it.each(["123456789", "-1001234567890", "-4100000013", "@ann", "@"])("%s is one (row 100)", (contact) => {
		expect(definition.claims(contact)).toBe(true);
	});

	it.each(["+15551234567", "0015551234567", "1234", "me@example.com", "ann", "", "-", "12345678901234567"])(
		"%j is none (row 100)",
		(contact) => {
			expect(definition.claims(contact)).toBe(false);
		},
	);

	it.each([
		["123456789", "chat (…6789)"],
		["-1001234567890", "chat (…7890)"],
	])("%s is taken as it is and shown as %s (rows 100, 102)", (typed, label) => {
		expect(definition.checkAddress(typed)).toEqual({ ok: true, address: typed, label, country: undefined });
	});

	it.each(["@ann", "@"])("%s cannot be written to, and the person is told what to do (row 101)", (typed) => {
		const check = definition.checkAddress(typed);
		expect(check).toMatchObject({ ok: false });
		expect(check.ok ? "" : check.message).toMatch(/cannot write to a @username.*\/notify-setup telegram.*link/);
	});

	it.each(["ann", "", "123 456", "-1001234567890/123456789", "t.me/ann", "0123456", "12", "1".repeat(17)])(
		"%j is no chat id (row 100)",
		(typed) => {
			const check = definition.checkAddress(typed);
			expect(check.ok ? "" : check.message).toMatch(/no Telegram chat id.*\/notify-setup telegram/);
		},
	);
});

describe("Telegram's variables", () => {
	it("are good with a token alone", () => {
		expect(problems({})).toEqual([]);
		expect(problems({ TELEGRAM_WEBHOOK_SECRET: "a".repeat(16) })).toEqual([]);
	});

	it.each([
		["TELEGRAM_BOT_TOKEN", "987654321"],
		["TELEGRAM_BOT_TOKEN", `123456789:AA${"x".repeat(33)}/../getMe`],
		["TELEGRAM_WEBHOOK_SECRET", "short"],
		["TELEGRAM_WEBHOOK_SECRET", "with spaces and more than enough"],
		["TELEGRAM_BASE_URL", "https://telegram.org.evil.example"],
		["TELEGRAM_BASE_URL", "http://api.telegram.org"],
	])("are refused when %s is %s, by name and without the value (row 231)", (name, value) => {
		const [problem = ""] = problems({ [name]: value }) ?? [];
		expect(problem).toMatch(new RegExp(`^${name}: `));
		expect(problem).not.toContain(value);
	});

	it("need the token", () => {
		expect(providers[0]?.configure({ TELEGRAM_WEBHOOK_SECRET: "a".repeat(16) }).problems).toEqual([
			"TELEGRAM_BOT_TOKEN: is missing, and Telegram needs it",
		]);
	});
});
