import { describe, expect, it } from "vitest";
import { createChannels } from "../server/channels/index.ts";
import { parseContact } from "../server/domain/parse-contact.ts";
import { SimulatorPhone } from "../server/simulator-phone.ts";

const channels = createChannels({
	configured: new Map(),
	context: { publicUrl: () => new URL("http://127.0.0.1:8787") },
	mac: (purpose, value) => `${purpose}:${value}`,
	phone: new SimulatorPhone(),
});

/** `channel address`, as it would be stored, or why not. */
function read(typed: string, named?: string): string {
	const contact = parseContact(typed, channels, named);
	if (!contact.ok) return contact.message;
	const checked = contact.channel.checkAddress(contact.address);
	return checked.ok ? `${contact.channel.name} ${checked.address}` : checked.message;
}

const openTheLink = /Run \/notify-setup telegram and open the link/;

describe("a contact as a person types it", () => {
	it.each([
		["+15551234567", "sms +15551234567"],
		["+1 (555) 123-4567", "sms +15551234567"],
		["  0049 1512 3456789 ", "sms +4915123456789"],
		["123456789", "telegram 123456789"],
		["-1001234567890", "telegram -1001234567890"],
		["telegram:123456789", "telegram 123456789"],
		["Telegram: -1001234567890", "telegram -1001234567890"],
		["TELEGRAM:123456789", "telegram 123456789"],
		["sms:+15551234567", "sms +15551234567"],
		["me@example.com", "email me@example.com"],
		["email:me@EXAMPLE.com", "email me@example.com"],
		["ntfy:claude-Xk3vQ9mT2p", "ntfy claude-Xk3vQ9mT2p"],
	])("%s is %s (row 100)", (typed, stored) => {
		expect(read(typed)).toBe(stored);
	});

	it.each([
		["telegram", "123456789", "telegram 123456789"],
		["telegram", "telegram:123456789", "telegram 123456789"],
		["sms", "+15551234567", "sms +15551234567"],
		["email", "me@example.com", "email me@example.com"],
	])("said to be for %s, %s is %s (row 100)", (named, typed, stored) => {
		expect(read(typed, named)).toBe(stored);
	});

	it.each([
		["@ada", undefined],
		["telegram:@u", undefined],
		["@ada", "telegram"],
		["telegram:ada", undefined],
		["telegram:", undefined],
		["ada", "telegram"],
	])("%s (for %s) is told to open the bot's link: a bot finds nobody by name (rows 100, 101)", (typed, named) => {
		expect(read(typed, named)).toMatch(openTheLink);
	});

	it("@username is told why (row 101)", () => {
		expect(read("@ada")).toMatch(/bot cannot write to a @username/);
	});

	it.each([
		["whatsapp:+15551234567", undefined, "whatsapp"],
		["+15551234567", "whatsapp", "whatsapp"],
		["pigeon:coop 7", undefined, "pigeon"],
		["constructor:1", undefined, "constructor"],
		["__proto__", "__proto__", "__proto__"],
	])("%s (for %s) says that there is no such channel, and which ones there are (row 100)", (typed, named, name) => {
		const answer = read(typed, named);
		expect(answer).toContain(`cannot send by ${name}`);
		for (const [each, { addressExample }] of channels) expect(answer).toContain(`${each} (${addressExample})`);
	});

	it.each([
		"",
		"  ",
		"hello",
		"12",
		"+",
		"me@",
		"@",
		"-",
		"0",
		"a:b",
		"https://example.com",
		"💬",
		"me@example.com; rm -rf",
	])("%j is unknown: it says what is known, or how it is written (row 100)", (typed) => {
		expect(read(typed)).toMatch(/no contact that this server knows|cannot send by|Write |open the link/);
	});

	it.each(["5551234567890123456", "+0123", "+1555x", "+1-800-CALL", "+1555123456789012"])(
		"%s, a number that cannot be, is not taken (rows 47, 100)",
		(typed) => {
			expect(read(typed)).not.toMatch(/^(sms|telegram|email) /);
			expect(read(typed, "sms")).toMatch(/like \+15551234567|length/);
		},
	);

	it("is known by what channels there are: a server without any says so", () => {
		expect(parseContact("+15551234567", new Map())).toEqual({
			ok: false,
			message: "That is no contact that this server knows; it has: no channel at all.",
		});
	});
});
