import { describe, expect, it } from "vitest";
import { hookRig } from "../../tests/helpers/hook-rig.ts";
import { onPostToolUseFailure } from "./post-tool-use-failure.ts";

const failed = (tool_name: string, error = "Exit code 3\noops", is_interrupt: unknown = "false") => ({
	tool_name,
	error,
	is_interrupt,
});
const refused = "The user doesn't want to proceed with this tool use. The tool use was rejected";

describe("a failed tool", () => {
	it("is told with its name and its error (row 62)", () => {
		const rig = hookRig();
		expect(onPostToolUseFailure(failed("Bash"), rig.tools)).toEqual({});
		expect(rig.reported).toEqual([
			{ type: "error", details: { tool_name: "Bash", error_message: "Exit code 3\noops" } },
		]);
	});

	it.each(["true", true])("is not told when the user stopped it (row 63)", (isInterrupt) => {
		for (const errors of ["all", "blocking"] as const) {
			const rig = hookRig({ errors });
			onPostToolUseFailure(failed("Bash", "Interrupted", isInterrupt), rig.tools);
			expect(rig.did).toEqual(["activity"]);
		}
	});

	it.each([
		["Bash", "Exit code 1", true, true],
		["Write", "EACCES: permission denied", true, true],
		["mcp__github__create_issue", "401", true, true],
		["Edit", "EROFS: read-only file system", true, true],
		["Read", "File does not exist.", true, false],
		["Grep", "no such path", true, false],
		["Glob", "no such path", true, false],
		["WebFetch", "404", true, false],
		["Edit", "String to replace not found in file.", true, false],
		["Edit", "File has not been read yet. Read it first before writing to it.", true, false],
		["Write", "File has been modified since read", true, false],
		["Bash", refused, false, false],
		["mcp__plugin_notify_companion__notify_user", "broken", false, false],
		["", "no tool", false, false],
	])(
		"%s failing with %j is told by all: %s, by blocking: %s, by off: never (row 64)",
		(tool, error, byAll, byBlocking) => {
			for (const [errors, expected] of [
				["all", byAll],
				["blocking", byBlocking],
				["off", false],
			] as const) {
				const rig = hookRig({ errors });
				onPostToolUseFailure(failed(tool, error), rig.tools);
				expect([errors, rig.reported.length]).toEqual([errors, expected ? 1 : 0]);
			}
		},
	);
});
