import { expect, it } from "vitest";
import { isNewer } from "./update.ts";

it.each([
	["0.2.0", "0.1.9", true],
	["0.10.0", "0.9.0", true],
	["1.0.0", "1.0.0", false],
	["0.9.9", "1.0.0", false],
	["1.0.0", "1.0.0-rc.1", true],
	["1.0.0-rc.1", "1.0.0", false],
	["1.0.0-rc.10", "1.0.0-rc.9", true],
	["latest", "1.0.0", false],
])("%s after %s: newer is %s", (candidate, current, newer) => {
	expect(isNewer(candidate, current)).toBe(newer);
});
