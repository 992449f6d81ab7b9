import { describe, expect, it } from "vitest";
import { hookRig } from "../../tests/helpers/hook-rig.ts";
import { onPostToolUse } from "./post-tool-use.ts";

describe("after a tool call", () => {
	it("the session is told what waits from the phone (row 152)", () => {
		const rig = hookRig({ waiting: ["first", "second"] });
		expect(onPostToolUse({ tool_name: "Bash", agent_id: "" }, rig.tools)).toEqual({
			hookSpecificOutput: { hookEventName: "PostToolUse", additionalContext: "first\n\nsecond" },
		});
		expect(onPostToolUse({}, rig.tools)).toEqual({});
	});

	it("a subagent is not told what is meant for its session", () => {
		const rig = hookRig({ waiting: ["first"] });
		expect(onPostToolUse({ tool_name: "Bash", agent_id: "a750" }, rig.tools)).toEqual({});
		expect(onPostToolUse({ tool_name: "Bash" }, rig.tools)).not.toEqual({});
	});
});
