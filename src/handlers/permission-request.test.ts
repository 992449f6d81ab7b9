import { describe, expect, it } from "vitest";
import { hookRig } from "../../tests/helpers/hook-rig.ts";
import { onPermissionRequest } from "./permission-request.ts";

const asked = (tool_name: string, input: unknown) => ({ tool_name, tool_input: JSON.stringify(input) });

describe("a request for permission", () => {
	it.each([
		["Bash", { command: "rm -rf build", description: "x" }, "rm -rf build"],
		["Write", { file_path: "/work/a.ts", content: "…" }, "/work/a.ts"],
		["WebFetch", { url: "https://example.com", prompt: "x" }, "https://example.com"],
		["mcp__db__query", { sql: "select 1" }, '{"sql":"select 1"}'],
		["mcp__db__list", {}, ""],
	])("of %s is told with what it is about, and is not answered", (tool, input, message) => {
		const rig = hookRig();
		expect(onPermissionRequest(asked(tool, input), rig.tools)).toEqual({});
		expect(rig.reported).toEqual([{ type: "permission", details: { tool_name: tool, message } }]);
		expect(rig.doing()).toBe(`waiting for permission (${tool})`);
	});

	it("that is a question is told as one", () => {
		const rig = hookRig();
		onPermissionRequest(
			asked("AskUserQuestion", { questions: [{ question: "Which color?", options: [] }] }),
			rig.tools,
		);
		expect(rig.reported).toEqual([{ type: "question", details: { message: "Which color?" } }]);
	});

	it("is told without its input when that cannot be read", () => {
		const rig = hookRig();
		onPermissionRequest({ tool_name: "Bash", tool_input: '{"command":"to' }, rig.tools);
		expect(rig.reported).toEqual([{ type: "permission", details: { tool_name: "Bash", message: "" } }]);
	});
});
