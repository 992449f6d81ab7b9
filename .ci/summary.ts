export interface RunTest {
	project: string;
	/** `file > suite > test` */
	name: string;
}

const projects = ["unit", "integration", "client", "browser", "faults"];

/** Halves of the whole that did not run: a project without a test, a database, a case on PGlite without its twin on PostgreSQL. */
export function missingHalves(run: readonly RunTest[]): string[] {
	const ran = new Set(run.map((test) => test.project));
	const missing = projects.filter((project) => !ran.has(project)).map((project) => `the ${project} tests`);
	const onPglite = casesOn("PGlite", run);
	const onPostgres = casesOn("PostgreSQL", run);
	if (onPglite.size === 0) missing.push("every test on PGlite");
	// PostgreSQL may have cases of its own: several servers cannot share a PGlite.
	for (const name of onPglite.difference(onPostgres)) missing.push(`on PostgreSQL: ${name}`);
	return missing;
}

/** Names of the `describe.each(databases)("… on $name")` cases that ran on this database, without its name. */
function casesOn(database: string, run: readonly RunTest[]): Set<string> {
	const marked = new RegExp(` on ${database}(?= > )`);
	const names = run.filter((test) => marked.test(test.name)).map((test) => test.name.replace(marked, " on …"));
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
