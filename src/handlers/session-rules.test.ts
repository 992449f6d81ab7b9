import { describe, expect, it } from "vitest";
import { maxSessionGrant } from "../contract/approvals.ts";
import { sessionYes } from "./session-rules.ts";

const bash = (ruleContent?: string) => ({
	type: "addRules",
	rules: [{ toolName: "Bash", ...(ruleContent === undefined ? {} : { ruleContent }) }],
	behavior: "allow",
	destination: "localSettings",
});
const asked = { toolName: "Bash", command: "npm test" };
const grantOf = (...suggestions: object[]) => sessionYes(JSON.stringify(suggestions), asked)?.grant;

describe("a yes for the session", () => {
	it.each([
		["Bash(npm test:*)", [bash("npm test:*")]],
		["the same again", [bash("npm test")]],
		["Bash with anything", [bash()]],
		["files in /srv/data", [{ type: "addDirectories", directories: ["/srv/data"], destination: "session" }]],
		["all changes to files in its folders, by rm, mv and sed too", [{ type: "setMode", mode: "acceptEdits" }]],
		["the same again, Bash(cat *)", [bash("npm test"), bash("cat *"), bash("cat *")]],
	])("is %j in words", (words, suggestions) => {
		expect(grantOf(...suggestions)).toBe(words);
	});

	it("gives the client its own suggestions, which end with the session", () => {
		expect(sessionYes([bash("npm test")], asked)?.rules).toEqual([{ ...bash("npm test"), destination: "session" }]);
	});

	it("is said in full where the rule is more than the command, or another tool's", () => {
		const star = { toolName: "Bash", command: "rm *" };
		expect(sessionYes([bash("rm *")], star)?.grant).toBe("Bash(rm *)");
		expect(sessionYes([bash("npm test")], { ...asked, toolName: "PowerShell" })?.grant).toBe("Bash(npm test)");
	});

	it("is not offered where nothing is suggested that may be passed on", () => {
		expect(grantOf()).toBeUndefined();
		expect(grantOf({ ...bash(), behavior: "deny" }, { type: "setMode", mode: "bypassPermissions" })).toBeUndefined();
		expect(sessionYes("{", asked)).toBeUndefined();
	});

	it("is not offered where a person could not be shown all that it allows", () => {
		const longest = "x".repeat(maxSessionGrant - "Bash()".length);
		expect(grantOf(bash(longest))).toBe(`Bash(${longest})`);
		expect(grantOf(bash(`${longest}x`))).toBeUndefined();
	});
});
