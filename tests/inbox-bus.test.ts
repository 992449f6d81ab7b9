import { setTimeout as sleep } from "node:timers/promises";
import type { SQLWrapper } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Db } from "../server/db/client.ts";
import { createInboxBus } from "../server/inbox-bus.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { until } from "./helpers/until.ts";

const silent = () => undefined;
const quiet = { debug: silent, info: silent, warn: silent, error: silent };
const never = new AbortController().signal;
const [a, b] = ["01a1fbb0-aaa3-7589-b46f-48de621d6f85", "01a1fbb0-aaa3-7589-b46f-48de621d6f86"];

describe("the inbox bus", () => {
	let database: TestDatabase;
	beforeAll(async () => {
		database = await databases[1].open();
	});
	afterAll(() => database.close());

	/** The real database, with a count of its questions; the first `failing` of them fail. */
	function counted(failing = 0) {
		const asked = { count: 0 };
		const execute = (query: SQLWrapper) => {
			asked.count += 1;
			return asked.count <= failing ? Promise.reject(new Error("no database")) : database.db.execute(query);
		};
		const db: Db = Object.assign(Object.create(database.db), { execute });
		return { db, asked };
	}
	const countReaches = (asked: { count: number }, count: number) =>
		until(
			() => asked.count >= count,
			5000,
			() => `${asked.count} questions`,
		);

	it("wakes those who wait for the session, and nobody else", async () => {
		const bus = createInboxBus(database.db, { log: quiet, pollMs: 3_600_000 });
		const woken: string[] = [];
		const [first, second, other] = [a, a, b].map((id) => bus.wait(id, 3_600_000, never).then(() => woken.push(id)));
		bus.notify(a);
		await Promise.all([first, second]);
		expect(woken).toEqual([a, a]);
		await bus.close();
		await other;
	});

	it("asks the database once a tick for all who wait, and not at all when nobody does", async () => {
		const { db, asked } = counted();
		const bus = createInboxBus(db, { log: quiet, pollMs: 20 });
		await sleep(60);
		expect(asked.count).toBe(0);
		const leave = new AbortController();
		const waits = Array.from({ length: 50 }, () => bus.wait(a, 3_600_000, leave.signal));
		await countReaches(asked, 3);
		const during = asked.count;
		leave.abort();
		await Promise.all(waits);
		await sleep(100);
		expect(asked.count).toBeLessThanOrEqual(during + 2);
		await bus.close();
	});

	it("goes on after the database was away, and says so once", async () => {
		const { db, asked } = counted(2);
		const warned: object[] = [];
		const bus = createInboxBus(db, { log: { ...quiet, warn: (fields) => warned.push(fields) }, pollMs: 5 });
		const waiting = bus.wait(a, 3_600_000, never);
		await countReaches(asked, 4);
		expect(warned).toEqual([{ reason: "no database" }]);
		await bus.close();
		await waiting;
	});

	it("ends a wait at its time, at the caller's abort, and at once after close", async () => {
		const bus = createInboxBus(database.db, { log: quiet });
		await bus.wait(a, 5, never);
		await bus.wait(a, 3_600_000, AbortSignal.abort());
		const caller = new AbortController();
		const waiting = bus.wait(a, 3_600_000, caller.signal);
		caller.abort();
		await waiting;
		await bus.close();
		await bus.wait(a, 3_600_000, never);
	});
});
