import { describe, expect, it } from "vitest";
import { createLog, logLevels, reasonOf } from "./log.ts";

describe("the log", () => {
	it.each(logLevels)("at level %s writes that level and the graver ones (row 220)", (level) => {
		const lines: string[] = [];
		const log = createLog(level, (line) => lines.push(line));
		for (const name of logLevels) log[name](`said at ${name}`);
		const expected = logLevels.slice(logLevels.indexOf(level));
		expect(lines).toEqual(expected.map((name) => `claude-notify ${name}: said at ${name}`));
	});

	it("gives the first line of what was thrown", () => {
		expect(reasonOf(new Error("broken\nat line 2"))).toBe("broken");
		expect(reasonOf("a string")).toBe("a value that is not an Error was thrown");
	});
});
