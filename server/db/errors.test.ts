import { DrizzleQueryError } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { isConnectionLoss } from "./errors.ts";

const withCode = (code: string, message = "no") => Object.assign(new Error(message), { code });
const inQuery = (cause: Error, params: unknown[] = []) => new DrizzleQueryError("select $1", params, cause);

describe("a database that went away", () => {
	it.each([
		["08006", true],
		["57P01", true],
		["57P03", true],
		["53300", true],
		["ECONNREFUSED", true],
		["ECONNRESET", true],
		["23505", false],
		["40P01", false],
		["57014", false],
		["22P02", false],
	])("is told by the code %s: %s", (code, lost) => {
		expect(isConnectionLoss(withCode(code))).toBe(lost);
		expect(isConnectionLoss(inQuery(withCode(code)))).toBe(lost);
	});

	it.each([
		"Connection terminated unexpectedly",
		"timeout exceeded when trying to connect",
		"Query read timeout",
		"Client has encountered a connection error and is not queryable",
	])("is told by node-postgres's words: %s", (words) => {
		expect(isConnectionLoss(inQuery(new Error(words)))).toBe(true);
	});

	it("is not told by a person who uses those words", () => {
		expect(isConnectionLoss(inQuery(withCode("22P02", "invalid input: Query read timeout")))).toBe(false);
		expect(isConnectionLoss(inQuery(withCode("23505"), ["Connection terminated"]))).toBe(false);
		expect(isConnectionLoss("ECONNREFUSED")).toBe(false);
	});
});
