import type { SQL, SQLWrapper } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { sql } from "drizzle-orm/sql";
import type { z } from "zod";
import type { Db } from "./client.ts";

/** What a statement is given: drivers agree on these. Lists and records go as JSON text, or as an array's text (`arrayText`). */
export type Value = string | number | boolean | null;

export type Statement<Name extends string, Row> = (
	db: Pick<Db, "execute">,
	values: Readonly<Record<Name, Value>>,
) => Promise<Row[]>;

/**
 * A statement for where it counts: its text is made once, instead of anew for each run, which takes longer than running it.
 * `make` gets one parameter for each name; each needs its cast once (`${p.id}::uuid`).
 */
export function statement<const Name extends string, T extends z.ZodType>(
	row: T,
	names: readonly Name[],
	make: (parameters: Readonly<Record<Name, SQL>>) => SQL,
): Statement<Name, z.infer<T>> {
	const numbered = names.map((name, at) => [name, sql.raw(`$${at + 1}`)] as const);
	const { sql: text, params } = new PgDialect().sqlToQuery(make(Object.fromEntries(numbered) as Record<Name, SQL>));
	if (params.length > 0) throw new Error("A statement's values have to come by name: this one holds some already.");
	return async (db, values) => {
		const result = (await db.execute(
			made(
				text,
				names.map((name) => values[name]),
			),
		)) as unknown as { rows: unknown[] };
		return result.rows.map((value) => row.parse(value));
	};
}

/** Of a query drizzle asks only for its text and values when it runs it (`PgDatabase.execute`); these are there already. */
function made(text: string, params: Value[]): SQLWrapper {
	const query = { toQuery: () => ({ sql: text, params }) };
	return { getSQL: () => query } as unknown as SQLWrapper;
}

/** A list as one value: of UUIDs, of numbers or of names, none of which needs quotes. */
export function arrayText(values: readonly (string | number)[]): string {
	return `{${values.join(",")}}`;
}
