export interface PassedTest {
	project: string;
	/** `file > suite > test` */
	name: string;
}

const projects = ["unit", "integration", "client", "browser"];
const databases = ["PGlite", "PostgreSQL"] as const;

/** Halves of the whole that did not run: a project without a passed test, a case that passed on one database only. */
export function missingHalves(passed: readonly PassedTest[]): string[] {
	const ran = new Set(passed.map((test) => test.project));
	const missing = projects.filter((project) => !ran.has(project)).map((project) => `the ${project} tests`);
	const [onPglite, onPostgres] = databases.map((database) => casesOn(database, passed));
	if (onPglite === undefined || onPostgres === undefined) return missing;
	if (onPglite.size === 0) missing.push("every test on PGlite");
	if (onPostgres.size === 0) missing.push("every test on PostgreSQL");
	for (const name of onPglite.symmetricDifference(onPostgres)) missing.push(`one database of: ${name}`);
	return missing;
}

/** Names of the `describe.each(databases)("… on $name")` cases that ran on this database, without its name. */
function casesOn(database: string, passed: readonly PassedTest[]): Set<string> {
	const marked = new RegExp(` on ${database}(?= > )`);
	const names = passed.filter((test) => marked.test(test.name)).map((test) => test.name.replace(marked, " on …"));
	return new Set(names);
}

/** FEATURES rows and the tests that name them, `… (row 33)` or `… (rows 33, 36)`. */
export function rowsOf(names: readonly string[]): Record<string, string[]> {
	const rows: Record<string, string[]> = {};
	for (const name of names) {
		const list = /\(rows? ([\d, ]+)\)$/.exec(name)?.[1] ?? "";
		for (const row of list.split(",").map((part) => part.trim())) {
			if (row !== "") rows[row] = [...(rows[row] ?? []), name];
		}
	}
	return rows;
}
