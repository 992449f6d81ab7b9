import type { SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { z } from "zod";
import { type Db, rowsOf } from "../../server/db/client.ts";

const plan = z.object({ Plan: z.object({ "Shared Hit Blocks": z.number(), "Shared Read Blocks": z.number() }) });
const explained = z.object({ "QUERY PLAN": z.array(plan) });

const dialect = new PgDialect({ casing: "snake_case" });

/** One of `statement`'s has its text already. */
function textOf(query: { getSQL(): SQL | { toQuery(): { sql: string; params: unknown[] } } }) {
	const made = query.getSQL();
	return made.toQuery.length === 0
		? (made as { toQuery(): { sql: string; params: unknown[] } }).toQuery()
		: dialect.sqlToQuery(made as SQL);
}

/**
 * Pages of the database that the statements of `work` go through, by its own account: how much there is to do, however fast the
 * machine is. `work` gets a database that explains each statement, and runs it, but gives no rows.
 */
export async function pagesRead(database: Db, work: (db: Db) => Promise<unknown>): Promise<number> {
	let pages = 0;
	async function execute(query: Parameters<typeof textOf>[0]) {
		const { sql: text, params } = textOf(query);
		const explain = { sql: `explain (analyze, buffers, format json) ${text}`, params };
		const statement = { getSQL: () => ({ toQuery: () => explain }) } as unknown as SQL;
		for (const { "QUERY PLAN": plans } of await rowsOf(database, explained, statement)) {
			for (const { Plan } of plans) pages += Plan["Shared Hit Blocks"] + Plan["Shared Read Blocks"];
		}
		return { rows: [] };
	}
	await work(new Proxy(database, { get: (target, key) => (key === "execute" ? execute : Reflect.get(target, key)) }));
	return pages;
}
