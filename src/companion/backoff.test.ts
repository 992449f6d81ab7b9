import { describe, expect, it } from "vitest";
import { Backoff, Pause } from "./backoff.ts";

describe("waiting times", () => {
	it("double up to their limit, each with jitter, and start over after a success", () => {
		const backoff = new Backoff(1000, 30_000);
		for (const ceiling of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
			const ms = backoff.next();
			expect(ms).toBeGreaterThanOrEqual(ceiling / 2);
			expect(ms).toBeLessThanOrEqual(ceiling);
		}
		backoff.reset();
		expect(backoff.next()).toBeLessThanOrEqual(1000);
	});

	it("are never shorter than what the server asked for", () => {
		expect(new Backoff(1000, 30_000).next(60_000)).toBe(60_000);
	});
});

describe("a pause", () => {
	it("ends early when it is woken or called off", async () => {
		const pause = new Pause();
		const leave = new AbortController();
		const woken = pause.wait(60_000, leave.signal);
		pause.wake();
		await woken;
		const calledOff = pause.wait(60_000, leave.signal);
		leave.abort();
		await calledOff;
		await pause.wait(60_000, leave.signal);
	});
});
