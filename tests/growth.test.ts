import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { rowsOf } from "../server/db/client.ts";
import { deliveries, identities, users } from "../server/db/schema.ts";
import { readChannels } from "../server/domain/channels-of-user.ts";
import { buryLate } from "../server/outbox/bury-late.ts";
import { claimDeliveries } from "../server/outbox/claim.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addDelivery, addUser, type TestDeps, testChannel, testDeps } from "./helpers/fixture.ts";
import { pagesRead } from "./helpers/pages-read.ts";

/** Messages that are due, each to an address of its own. */
async function queue({ db, id, vault }: TestDeps, count: number): Promise<void> {
	const all = Array.from({ length: count }, () => ({ userId: id(), identityId: id(), delivery: id() }));
	await db.insert(users).values(all.map(({ userId }) => ({ id: userId })));
	const address = (own: string) => ({
		channel: "sms" as const,
		label: "phone",
		addressSealed: vault.seal(own),
		addressMac: own,
	});
	await db
		.insert(identities)
		.values(all.map(({ userId, identityId }) => ({ id: identityId, userId, ...address(identityId) })));
	const message = { channel: "sms", notice: { kind: "test" as const }, deadlineAt: new Date(Date.now() + 3_600_000) };
	await db
		.insert(deliveries)
		.values(all.map(({ userId, identityId, delivery }) => ({ id: delivery, userId, identityId, ...message })));
}

describe.each(databases)("what grows on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: TestDeps;

	beforeAll(async () => {
		database = await open();
		deps = testDeps(database.db, [testChannel("sms")]);
	});
	afterAll(() => database.close());

	it("a backlog makes a claim read no more, also when the planner last saw an empty queue", async () => {
		await queue(deps, 200);
		await database.db.execute(sql`update deliveries set state = 'sent'`);
		await database.db.execute(sql`vacuum analyze`);
		await queue(deps, 20);
		const claimTen = () =>
			pagesRead(database.outboxDb, (db) =>
				claimDeliveries(db, { rooms: [{ channel: "sms", free: 10 }], leaseSeconds: 30 }),
			);
		const short = await claimTen();
		await queue(deps, 3000);
		const long = await claimTen();
		expect(short).toBeGreaterThan(5);
		expect(long).toBeLessThan(short * 2);
	});

	it("what was sent makes the look for what is late read no more, also when the planner last saw a backlog", async () => {
		const { db, outboxDb } = database;
		await db.execute(sql`delete from deliveries`);
		await queue(deps, 3000);
		await db.execute(sql`update deliveries set deadline_at = now()`);
		await db.execute(sql`vacuum analyze deliveries`);
		await db.execute(sql`update deliveries set state = 'sent', settled_at = now()`);
		await db.execute(sql`vacuum deliveries`);
		expect(await pagesRead(outboxDb, buryLate)).toBeLessThan(20);
	});

	it("the messages of before, one's own and others', make an account's status read no more", async () => {
		const user = await addUser(deps);
		const status = async () => {
			await database.db.execute(sql`vacuum analyze`);
			return pagesRead(database.db, (db) => readChannels({ ...deps, db }, user.userId));
		};
		await addDelivery(deps, user);
		const young = await status();
		const [identityId = ""] = user.identityIds;
		const own = { userId: user.userId, identityId, channel: "sms", deadlineAt: new Date() };
		const before = (n: number) => ({ id: deps.id(), createdAt: new Date(Date.now() - n * 60_000) });
		await database.db.insert(deliveries).values(Array.from({ length: 100 }, (_, n) => ({ ...own, ...before(n + 1) })));
		await queue(deps, 3000);
		expect(young).toBeGreaterThan(2);
		expect(await status()).toBeLessThan(young + 30);
	});

	it("a row that others refer to is deleted without a look at all of them: each reference has an index", async () => {
		const rows = await rowsOf(
			database.db,
			z.object({ reference: z.string() }),
			// An index whose rows are chosen by anything but "is not null" does not help the check.
			sql`select c.conrelid::regclass || '.' || a.attname as reference
				from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
				where c.contype = 'f' and c.confrelid in ('sessions'::regclass, 'tasks'::regclass, 'task_logs'::regclass)
				and not exists (
					select from pg_index i where i.indrelid = c.conrelid and i.indkey[0] = a.attnum
						and coalesce(pg_get_expr(i.indpred, i.indrelid), '') in ('', '(' || a.attname || ' IS NOT NULL)')
				)`,
		);
		expect(rows).toEqual([]);
	});
});
