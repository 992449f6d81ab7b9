import { describe, expect, it } from "vitest";
import { until } from "../../tests/helpers/until.ts";
import { Heartbeat } from "./heartbeat.ts";

describe("the heartbeat", () => {
	it("beats at once and then at its interval (row 56)", async () => {
		let beats = 0;
		const heartbeat = new Heartbeat(async () => void beats++, 20);
		heartbeat.start();
		expect(beats).toBe(1);
		await until(
			() => beats >= 4,
			5000,
			() => `${beats} beats`,
		);
		heartbeat.stop();
	});

	it("tells news soon, once for many", async () => {
		let beats = 0;
		const heartbeat = new Heartbeat(async () => void beats++, 3_600_000);
		heartbeat.soon();
		expect(beats).toBe(0);
		heartbeat.start();
		for (let at = 0; at < 50; at++) heartbeat.soon();
		expect(beats).toBe(1);
		await until(
			() => beats === 2,
			5000,
			() => `${beats} beats`,
		);
		heartbeat.stop();
		heartbeat.soon();
		expect(beats).toBe(2);
	});

	it("never beats twice at the same time", async () => {
		let running = 0;
		let most = 0;
		let beats = 0;
		const heartbeat = new Heartbeat(async () => {
			running += 1;
			most = Math.max(most, running);
			await new Promise((passed) => setTimeout(passed, 30));
			running -= 1;
			beats += 1;
		}, 5);
		heartbeat.start();
		await until(
			() => beats >= 3,
			5000,
			() => `${beats} beats`,
		);
		heartbeat.stop();
		expect(most).toBe(1);
	});
});
