import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Progress } from "./progress.ts";

describe("messages about a turn that runs", () => {
	let told: number[];
	let progress: Progress;

	beforeEach(() => {
		vi.useFakeTimers();
		told = [];
		progress = new Progress((seconds) => told.push(seconds));
	});
	afterEach(() => vi.useRealTimers());
	const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

	it("are not sent at first", () => {
		progress.turnStarted();
		pass(7200);
		expect(told).toEqual([]);
	});

	it("come so often while the turn runs, and not after it", () => {
		progress.every(300);
		progress.turnStarted();
		pass(299);
		expect(told).toEqual([]);
		pass(1);
		pass(600);
		expect(told).toEqual([300, 600, 900]);
		progress.turnEnded();
		pass(3600);
		expect(told).toHaveLength(3);
		progress.turnStarted();
		pass(300);
		expect(told.at(-1)).toBe(300);
	});

	it("follow a change within the turn, and end with 0", () => {
		progress.turnStarted();
		pass(70);
		progress.every(60);
		pass(50);
		expect(told).toEqual([120]);
		progress.every(60);
		progress.every(0);
		pass(3600);
		expect(told).toEqual([120]);
	});
});
