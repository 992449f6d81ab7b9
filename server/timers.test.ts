import { expect, it } from "vitest";
import { every } from "./timers.ts";

const silent = () => undefined;
const quiet = { debug: silent, info: silent, warn: silent, error: silent };

it("a task that throws is logged by name and runs again", async () => {
	const logged: object[] = [];
	const twice = Promise.withResolvers<void>();
	let runs = 0;
	const timer = every(
		1,
		"watch",
		() => {
			runs += 1;
			if (runs === 2) twice.resolve();
			throw new Error("a bug");
		},
		{ ...quiet, error: (fields) => logged.push(fields) },
	);
	await twice.promise;
	await timer.stop();
	expect(logged[0]).toMatchObject({ timer: "watch", stack: expect.stringContaining("a bug") });
});

it("a database that is away is told of once, not each time", async () => {
	const logged: string[] = [];
	const often = Promise.withResolvers<void>();
	let runs = 0;
	const timer = every(
		1,
		"watch",
		() => {
			runs += 1;
			if (runs === 5) often.resolve();
			throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
		},
		{ ...quiet, error: () => logged.push("error"), warn: (_fields, message) => logged.push(message) },
	);
	await often.promise;
	await timer.stop();
	expect(logged).toEqual(["timer waits for the database"]);
});

it("a slow task is never run twice at once, and stop waits for it", async () => {
	let running = 0;
	let most = 0;
	let ended = 0;
	const started = Promise.withResolvers<void>();
	const timer = every(
		1,
		"slow",
		async () => {
			running += 1;
			most = Math.max(most, running);
			started.resolve();
			await new Promise((done) => setTimeout(done, 20));
			running -= 1;
			ended += 1;
		},
		quiet,
	);
	await started.promise;
	await timer.stop();
	expect([running, most, ended >= 1]).toEqual([0, 1, true]);
});
