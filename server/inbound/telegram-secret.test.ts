import { describe, expect, it } from "vitest";
import { deriveSecret, isSecret } from "./telegram-secret.ts";

const token = `123456789:AA${"x".repeat(33)}`;

describe("the webhook's secret", () => {
	it("is the same on every instance, another for another bot, and fit for Telegram", () => {
		expect(deriveSecret(token)).toBe(deriveSecret(token));
		expect(deriveSecret(token)).not.toBe(deriveSecret(`${token}y`));
		expect(deriveSecret(token)).toMatch(/^[A-Za-z0-9_-]{43}$/);
		expect(deriveSecret(token)).not.toContain("AAxxx");
	});

	it.each([
		["the same", "right-secret-of-ours", true],
		["another", "wrong-secret-of-ours", false],
		["a longer one", "right-secret-of-ours-", false],
		["an empty one", "", false],
		["none", undefined, false],
	])("fits when %s comes: %j", (_, given, fits) => {
		expect(isSecret("right-secret-of-ours", given)).toBe(fits);
	});
});
