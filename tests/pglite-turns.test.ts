import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { databases } from "./helpers/database.ts";

describe("a burst of statements for the embedded database", () => {
	it("lets sockets and timers have their turn in between, and every statement its own answer", {
		timeout: 60_000,
	}, async () => {
		const { db, close } = await databases[0].open();
		let turns = 0;
		const timer = setInterval(() => {
			turns += 1;
		}, 1);
		const statements = Array.from({ length: 1000 }, (_, n) =>
			n % 10 === 0
				? db.transaction((tx) => tx.execute(sql`select ${n}::int as n`))
				: db.execute(sql`select ${n}::int as n, pg_sleep(case when ${n}::int % 100 = 1 then 0.01 else 0 end)`),
		);
		const answers = (await Promise.all(statements)) as unknown as { rows: { n: number }[] }[];
		clearInterval(timer);
		expect(answers.map(({ rows }) => rows[0]?.n)).toEqual(answers.map((_, n) => n));
		expect(turns).toBeGreaterThan(10);
		await expect(db.execute(sql`select no_such_column`)).rejects.toThrow();
		await db.execute(sql`select 1`);
		await close();
	});
	it("keeps the outbox waiting for one of them, not for all", { timeout: 60_000 }, async () => {
		const { db, outboxDb, close } = await databases[0].open();
		let answered = 0;
		const burst = Array.from({ length: 300 }, () =>
			db.execute(sql`select pg_sleep(0.001)`).then(() => {
				answered += 1;
			}),
		);
		for (let n = 1; n <= 3; n++) {
			await outboxDb.execute(sql`select 1`);
			expect(answered).toBeLessThanOrEqual(2 * n);
		}
		await Promise.all(burst);
		await close();
	});
});
