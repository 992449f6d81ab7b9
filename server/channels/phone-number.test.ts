import { describe, expect, it } from "vitest";
import { checkPhoneNumber } from "./phone-number.ts";

describe("a phone number as a person types it", () => {
	it.each([
		["+15551238912", "+15551238912", "+1***8912", "US"],
		["+1 (555) 123-8912", "+15551238912", "+1***8912", "US"],
		["0049 170 1234567", "+491701234567", "+49***4567", "DE"],
		["+86 138 0013 8000", "+8613800138000", "+86***8000", "CN"],
		["+44 7700 900123", "+447700900123", "+44***0123", "GB"],
		["＋１５５５１２３８９１２", "+15551238912", "+1***8912", "US"],
		["+18765551234", "+18765551234", "+1***1234", "JM"],
	])("%s is taken, shown without its middle, and its country known (rows 47, 48)", (typed, address, label, country) => {
		expect(checkPhoneNumber(typed)).toEqual({ ok: true, address, label, country });
	});

	it.each([
		"",
		"5551238912",
		"+05551238912",
		"+1555",
		"+1555123891234567",
		"+1555123x912",
		"+1555123891",
		"@user",
		"+15551238912; drop table",
		"tel:+15551238912",
	])("%j is refused with an example (row 47)", (typed) => {
		expect(checkPhoneNumber(typed)).toMatchObject({ ok: false, message: expect.stringContaining("+15551234567") });
	});

	it.each(["+19005550123", "+88213300655", "+448712345678", "+18005551234"])(
		"%s costs or reaches nobody, and is refused",
		(typed) => {
			expect(checkPhoneNumber(typed).ok).toBe(false);
		},
	);
});
