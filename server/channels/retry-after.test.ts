import { describe, expect, it } from "vitest";
import { providerClock, retryAfterMs } from "./retry-after.ts";

const now = new Date("2026-11-20T12:00:00Z");

describe("a Retry-After header", () => {
	it.each([
		["3", 3000],
		[" 120 ", 120_000],
		["0", 0],
		["Fri, 20 Nov 2026 12:00:30 GMT", 30_000],
		["Fri, 20 Nov 2026 11:00:00 GMT", 0],
		["soon", undefined],
		["", undefined],
		["-5", undefined],
		["9999999999999", 9_999_999_999_999_000],
		["9".repeat(400), Number.POSITIVE_INFINITY],
		[undefined, undefined],
	])("%j is %j ms", (value, ms) => {
		expect(retryAfterMs(value, now)).toBe(ms);
	});

	it("that is a date is measured by the clock of whoever wrote it", () => {
		expect(retryAfterMs("Fri, 20 Nov 2026 12:00:30 GMT", providerClock("Fri, 20 Nov 2026 12:00:20 GMT"))).toBe(10_000);
		for (const none of [null, undefined, "yesterday"]) {
			expect(Math.abs(providerClock(none).getTime() - Date.now())).toBeLessThan(5000);
		}
	});
});
