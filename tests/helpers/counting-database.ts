import type { Db } from "../../server/db/client.ts";

/** The same database, and how many statements were executed by it. */
export function countingDatabase(database: Db): { db: Db; count: () => number } {
	let statements = 0;
	const db = new Proxy(database, {
		get(target, key) {
			if (key === "execute") statements += 1;
			const value: unknown = Reflect.get(target, key);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
	return { db, count: () => statements };
}
