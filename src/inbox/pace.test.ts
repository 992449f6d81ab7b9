import { expect, it } from "vitest";
import { Pace } from "./pace.ts";

it("lets a dozen texts through at once, then two in five seconds, and two dozen after a long silence", () => {
	let now = 0;
	const pace = new Pace(() => now);
	const burst = () => {
		let count = 0;
		for (; pace.waitMs() === 0; count++) pace.use();
		return count;
	};
	expect(burst()).toBe(12);
	expect(pace.waitMs()).toBe(2500);
	now += 5000;
	expect(burst()).toBe(2);
	now += 3_600_000;
	expect(burst()).toBe(24);
});
