import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Db, rowsOf } from "../server/db/client.ts";
import { deliveries, identities, users } from "../server/db/schema.ts";
import { claimDeliveries } from "../server/outbox/claim.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { type TestDeps, testChannel, testDeps } from "./helpers/fixture.ts";

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

const explained = z.object({
	"QUERY PLAN": z.tuple([
		z.object({ Plan: z.object({ "Shared Hit Blocks": z.number(), "Shared Read Blocks": z.number() }) }),
	]),
});

/** Pages that a claim of ten messages goes through. */
async function pagesOfClaim(db: Db): Promise<number> {
	let pages = 0;
	const explaining = new Proxy(db, {
		get: (target, key) =>
			key === "execute"
				? async (query: { getSQL(): { toQuery(): { sql: string; params: unknown[] } } }) => {
						const { sql: text, params } = query.getSQL().toQuery();
						const explain = { sql: `explain (analyze, buffers, format json) ${text}`, params };
						const statement = { getSQL: () => ({ toQuery: () => explain }) } as unknown as ReturnType<typeof sql>;
						const [
							{
								"QUERY PLAN": [{ Plan }],
							} = z.never().parse(undefined),
						] = await rowsOf(target, explained, statement);
						pages = Plan["Shared Hit Blocks"] + Plan["Shared Read Blocks"];
						return { rows: [] };
					}
				: Reflect.get(target, key),
	});
	await claimDeliveries(explaining, { rooms: [{ channel: "sms", free: 10 }], leaseSeconds: 30 });
	return pages;
}

describe.each(databases)("a backlog on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: TestDeps;

	beforeAll(async () => {
		database = await open();
		deps = testDeps(database.db, [testChannel("sms")]);
	});
	afterAll(() => database.close());

	it("makes a claim read no more, also when the planner last saw an empty queue", async () => {
		await queue(deps, 200);
		await database.db.execute(sql`update deliveries set state = 'sent'`);
		await database.db.execute(sql`vacuum analyze`);
		await queue(deps, 20);
		const short = await pagesOfClaim(database.outboxDb);
		await queue(deps, 3000);
		const long = await pagesOfClaim(database.outboxDb);
		expect(short).toBeGreaterThan(5);
		expect(long).toBeLessThan(short * 2);
	});
});
