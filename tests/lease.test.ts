import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LeaseOptions, withLease } from "../server/lease.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";

const never = new AbortController().signal;

describe.each(databases)("a lease on $name", ({ open }) => {
	let database: TestDatabase;
	beforeAll(async () => {
		database = await open();
	});
	afterAll(() => database.close());

	let names = 0;
	const lease = (more: Partial<LeaseOptions> = {}): LeaseOptions => {
		return { db: database.db, name: `test-${names}`, holder: uuidv7(), ...more };
	};
	const nextName = () => {
		names += 1;
	};

	it("has one holder at a time, and is free when its work is done", async () => {
		nextName();
		const first = Promise.withResolvers<string>();
		const working = withLease(lease(), never, () => first.promise);
		await sleep(50);
		expect(await withLease(lease(), never, () => Promise.resolve("second"))).toBeUndefined();
		first.resolve("first");
		expect(await working).toBe("first");
		expect(await withLease(lease(), never, () => Promise.resolve("second"))).toBe("second");
	});

	it("is free again when the work throws", async () => {
		nextName();
		await expect(withLease(lease(), never, () => Promise.reject(new Error("odd")))).rejects.toThrow("odd");
		expect(await withLease(lease(), never, () => Promise.resolve(1))).toBe(1);
	});

	it("goes to one of many who want it at once", async () => {
		nextName();
		const done = Promise.withResolvers<void>();
		let holders = 0;
		const asked = Array.from({ length: 12 }, () =>
			withLease(lease(), never, () => {
				holders += 1;
				return done.promise;
			}),
		);
		await sleep(300);
		expect(holders).toBe(1);
		done.resolve();
		await Promise.all(asked);
	});

	it("lasts as long as the work, however short it was taken for", async () => {
		nextName();
		const { promise: over, resolve: end } = Promise.withResolvers<void>();
		const working = withLease(lease({ seconds: 4 }), never, async (signal) => {
			await over;
			return signal.aborted;
		});
		for (let tries = 0; tries < 11; tries++) {
			await sleep(500);
			expect(await withLease(lease(), never, () => Promise.resolve(true))).toBeUndefined();
		}
		end();
		expect(await working).toBe(false);
	});

	it("of a holder that died is free when its time is over, and not before", async () => {
		nextName();
		await database.db.execute(
			sql`insert into leases (name, holder, until) values (${lease().name}, ${uuidv7()}, now() + interval '15 seconds')`,
		);
		await travel(database.db, "5 seconds");
		expect(await withLease(lease(), never, () => Promise.resolve(true))).toBeUndefined();
		await travel(database.db, "10 seconds");
		expect(await withLease(lease(), never, () => Promise.resolve(true))).toBe(true);
	});

	it("ends its work when another instance has it, and leaves it to that one", async () => {
		nextName();
		const working = withLease(lease({ seconds: 1.5 }), never, (signal) => aborted(signal));
		await sleep(50);
		await database.db.execute(
			sql`update leases set holder = ${uuidv7()}, until = now() + interval '15 seconds' where name = ${lease().name}`,
		);
		await working;
		expect(await withLease(lease(), never, () => Promise.resolve(true))).toBeUndefined();
	});

	it("ends its work with the caller's signal", async () => {
		nextName();
		const stop = new AbortController();
		const working = withLease(lease(), stop.signal, (signal) => aborted(signal));
		stop.abort();
		await working;
		expect(await withLease(lease(), never, () => Promise.resolve(true))).toBe(true);
	});
});

describe("a lease on a database that goes away", () => {
	const taken = { rows: [{ name: "x" }] };
	type Execute = LeaseOptions["db"]["execute"];

	/** Says yes to the first question, and `then` to all others. */
	function failing(then: () => Promise<unknown>, seconds = 1.5): LeaseOptions {
		let questions = 0;
		const execute = () => (questions++ === 0 ? Promise.resolve(taken) : then());
		return { db: { execute: execute as unknown as Execute }, name: "x", holder: uuidv7(), seconds };
	}

	it.each([
		["refuses", () => Promise.reject(new Error("connection lost"))],
		["says nothing", () => new Promise(() => undefined)],
	])("ends its work before another instance may begin when the database %s", async (_, then) => {
		const startedAt = performance.now();
		let ranFor = 0;
		await withLease(failing(then), never, async (signal) => {
			await aborted(signal);
			ranFor = performance.now() - startedAt;
		});
		expect(ranFor).toBeGreaterThan(900);
		expect(ranFor).toBeLessThan(1500);
		// Giving the lease back is tried, not waited for.
		expect(performance.now() - startedAt).toBeLessThan(5000);
	});

	it("goes on when only one renewal fails", async () => {
		let renewals = 0;
		const hiccup = () => (renewals++ === 0 ? Promise.reject(new Error("hiccup")) : Promise.resolve(taken));
		const wasAborted = await withLease(failing(hiccup, 6), never, async (signal) => {
			await sleep(6000);
			return signal.aborted;
		});
		expect(wasAborted).toBe(false);
	});
});

function aborted(signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (signal.aborted) resolve();
		signal.addEventListener("abort", () => resolve());
	});
}
