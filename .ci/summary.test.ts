import { describe, expect, it } from "vitest";
import { missingHalves, rowsOf } from "./summary.ts";

const whole = [
	{ project: "unit", name: "a.test.ts > adds" },
	{ project: "integration", name: "b.test.ts > events on PGlite > are stored" },
	{ project: "integration", name: "b.test.ts > events on PostgreSQL > are stored" },
	{ project: "client", name: "c.test.ts > starts" },
	{ project: "browser", name: "d.test.ts > shows" },
	{ project: "faults", name: "e.test.ts > loses nothing" },
];

describe("missingHalves", () => {
	it("is content when every project and both databases ran the same cases", () => {
		expect(missingHalves(whole)).toEqual([]);
	});

	it.each([
		["client", "the client tests"],
		["browser", "the browser tests"],
		["unit", "the unit tests"],
		["faults", "the faults tests"],
	])("misses a project that did not run: %s", (project, problem) => {
		expect(missingHalves(whole.filter((test) => test.project !== project))).toEqual([problem]);
	});

	it("misses a database that no test ran on", () => {
		const half = whole.filter((test) => !test.name.includes("on PGlite"));
		expect(missingHalves(half)).toEqual(["every test on PGlite"]);
	});

	it("misses a case that ran on PGlite and not on PostgreSQL", () => {
		const half = whole.filter((test) => !test.name.includes("on PostgreSQL"));
		expect(missingHalves(half)).toEqual(["on PostgreSQL: b.test.ts > events on … > are stored"]);
	});

	it("lets PostgreSQL have cases of its own", () => {
		const more = { project: "integration", name: "b.test.ts > four servers on PostgreSQL > take turns" };
		expect(missingHalves([...whole, more])).toEqual([]);
	});
});

describe("rowsOf", () => {
	it("collects the tests of each row, of one or of several", () => {
		expect(rowsOf(["one (row 2)", "two (rows 2, 33)", "a row 5 in passing"])).toEqual({
			2: ["one (row 2)", "two (rows 2, 33)"],
			33: ["two (rows 2, 33)"],
		});
	});
});
