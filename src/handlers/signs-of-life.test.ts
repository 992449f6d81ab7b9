import { describe, expect, it } from "vitest";
import { hookRig } from "../../tests/helpers/hook-rig.ts";
import { onNotification } from "./notification.ts";
import { onPostToolBatch } from "./post-tool-batch.ts";
import { onPostToolUse } from "./post-tool-use.ts";
import { onPostToolUseFailure } from "./post-tool-use-failure.ts";
import { onPreToolUse } from "./pre-tool-use.ts";
import { onStopFailure } from "./stop-failure.ts";
import { onSubagentStop } from "./subagent-stop.ts";
import type { QuickHandler } from "./tools.ts";

describe("a hook that only shows life", () => {
	it.each<[string, QuickHandler, object]>([
		["PostToolUse", onPostToolUse, {}],
		["SubagentStop", onSubagentStop, { agent_type: "general-purpose" }],
	])("%s is activity and sends nothing", (_name, handler, input) => {
		const rig = hookRig();
		expect(handler(input, rig.tools)).toEqual({});
		expect(rig.did).toEqual(["activity"]);
	});

	it("is none where /compact ends agents without a type", () => {
		const rig = hookRig();
		onSubagentStop({ agent_type: "" }, rig.tools);
		expect(rig.did).toEqual([]);
	});
});

describe("what was asked at the terminal", () => {
	const ran = { tool_name: "Bash", tool_input: '{"command":"ls"}', agent_id: "a1" };

	it.each<[string, QuickHandler, object, string]>([
		["a tool that ran", onPostToolUse, ran, "Bash ran in a1"],
		["a tool that failed", onPostToolUseFailure, { ...ran, error: "no" }, "Bash ran in a1"],
		["the end of all that was called together", onPostToolBatch, { agent_id: "a1" }, "batch of a1"],
		["a subagent's end", onSubagentStop, { agent_type: "x", agent_id: "a1" }, "turn of a1"],
	])("is answered by %s", (_name, handler, input, settled) => {
		const rig = hookRig({ errors: "off" });
		expect(handler(input, rig.tools)).toEqual({});
		expect(rig.settled).toEqual([settled]);
	});
});

describe("a notification", () => {
	it("that Claude waits for a prompt ends the turn, also an interrupted one, and sends nothing", async () => {
		const rig = hookRig();
		await onNotification({ notification_type: "idle_prompt" }, rig.tools);
		expect([rig.did, rig.reported]).toEqual([["idle"], []]);
	});

	it("that Claude wants a choice is remembered", async () => {
		const rig = hookRig();
		await onNotification({ notification_type: "agent_needs_input" }, rig.tools);
		expect([rig.did, rig.doing()]).toEqual([[], "waiting for your choice"]);
	});

	it("of a permission was told by its own hook", async () => {
		const rig = hookRig();
		await onNotification({ notification_type: "permission_prompt" }, rig.tools);
		expect([rig.did, rig.doing()]).toEqual([[], "idle"]);
	});

	it.each([
		["permission_prompt", [{ body: "Claude wants to use Bash", urgency: "normal" }]],
		["agent_needs_input", [{ body: "Claude wants to use Bash", urgency: "normal" }]],
		["elicitation_dialog", [{ body: "Claude wants to use Bash", urgency: "normal" }]],
		["idle_prompt", []],
		["auth_success", []],
	])("of %s is shown at the computer only if Claude waits for somebody (row 138)", async (notification_type, shown) => {
		const rig = hookRig();
		await onNotification({ notification_type, message: "Claude wants to use Bash" }, rig.tools);
		expect(rig.shown).toEqual(shown);
	});
});

describe("a turn that the API ended", () => {
	it.each([
		["rate_limit", "rate_limit"],
		["billing_error", "billing_error"],
		["", "unknown"],
	])("with %j is told with its kind %s", async (error, kind) => {
		const rig = hookRig({ errors: "off" });
		await onStopFailure({ error, last_assistant_message: "API Error: 429 · slow" }, rig.tools);
		expect(rig.did).toEqual(["turn ended: failed", "report error"]);
		expect(rig.reported[0]?.details).toEqual({ error_kind: kind, error_message: "API Error: 429 · slow" });
		expect(rig.shown).toEqual([{ body: "API Error: 429 · slow", urgency: "failed" }]);
	});
});

it("the model's call of the hook tool is denied", () => {
	expect(onPreToolUse({}, hookRig().tools)).toMatchObject({ hookSpecificOutput: { permissionDecision: "deny" } });
});
