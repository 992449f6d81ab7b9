import { describe, expect, it } from "vitest";
import { retryDelayMs } from "./retry-delay.ts";

const backOff = (random: number) => ({ baseMs: 2000, maxMs: 300_000, random: () => random });

describe("the time between two attempts", () => {
	it("is anywhere below a ceiling that doubles, up to five minutes (row 95)", () => {
		const almost = backOff(0.9999999);
		expect([1, 2, 3, 8, 9, 30].map((attempts) => retryDelayMs(attempts, undefined, almost))).toEqual([
			2000, 4000, 8000, 256_000, 300_000, 300_000,
		]);
		expect(retryDelayMs(5, undefined, backOff(0))).toBe(0);
		expect(retryDelayMs(1, undefined, backOff(0.5))).toBe(1000);
	});

	it("is the provider's own wait, no shorter, a little longer, and never more than a quarter of an hour", () => {
		expect(retryDelayMs(1, 3000, backOff(0))).toBe(3000);
		expect(retryDelayMs(9, 3000, backOff(1))).toBe(3300);
		expect(retryDelayMs(1, 86_400_000, backOff(0))).toBe(900_000);
	});
});
