import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { hookRig, unmonitored } from "../../tests/helpers/hook-rig.ts";
import { handlers } from "./index.ts";

const names = [...handlers.keys()];
const nested = `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`;

/** What a client of another version, or a hand that forges a call, might send. */
const hostile: [string, unknown][] = [
	["nothing", undefined],
	["null", null],
	["a text", "Stop"],
	["a list", [1, 2]],
	["an empty object", {}],
	["numbers for texts", { prompt: 5, tool_name: 7, error: {}, command_name: 1, command_args: [] }],
	["cut JSON", { tool_input: '{"command":"tou', background_tasks: '[{"id":"b1","ty', is_interrupt: "tru" }],
	["foreign JSON", { tool_input: "[1]", background_tasks: '{"a":1}', tool_name: "X", error: "e" }],
	["deep JSON", { tool_input: nested, background_tasks: nested, tool_name: "X" }],
	["huge texts", { prompt: "x".repeat(1_000_000), error: "x".repeat(1_000_000), tool_name: "x".repeat(100_000) }],
	["a prototype", JSON.parse('{"__proto__":{"prompt":"x"},"constructor":1,"prompt":"hi"}')],
	["fields that nobody knows", { brand_new: { a: 1 }, hook_event_name: "Other" }],
];

describe.each(names)("the %s hook", (name) => {
	const handler = handlers.get(name);
	if (handler === undefined) throw new Error(name);

	it.each(hostile)("given %s answers with a hook's output and does not throw (rows 70, 197)", async (_what, input) => {
		const output = await handler(input, hookRig().tools);
		expect(JSON.parse(JSON.stringify(output))).toBeTypeOf("object");
	});

	it("does nothing outside a monitored session", async () => {
		if (name === "PreToolUse") return;
		const input = { prompt: "hello", tool_name: "Bash", error: "Exit code 1", command_name: "other:thing" };
		expect(await handler(input, unmonitored())).toEqual({});
	});
});

describe("hooks.json", () => {
	const { hooks } = JSON.parse(readFileSync(new URL("../../hooks/hooks.json", import.meta.url), "utf8"));

	it("sends every event that has a handler to the companion, and the two that cannot go there to a process (row 2)", () => {
		expect(Object.keys(hooks).sort()).toEqual([...names, "SessionStart", "SessionEnd"].sort());
		for (const name of names) {
			expect(hooks[name]).toEqual([
				expect.objectContaining({
					hooks: [
						expect.objectContaining({ type: "mcp_tool", server: "plugin:notify:companion", tool: "hook" }),
						// The hook that waits, where a session takes no messages.
						...(name === "Stop" ? [expect.objectContaining({ type: "command", asyncRewake: true })] : []),
					],
				}),
			]);
			expect(hooks[name][0].hooks[0].input).toMatchObject({
				hook_event_name: `\${hook_event_name}`,
				session_id: `\${session_id}`,
			});
		}
		for (const [name, file] of [
			["SessionStart", "session-start"],
			["SessionEnd", "session-end"],
		]) {
			expect(hooks[name ?? ""][0].hooks[0]).toMatchObject({
				command: "node",
				args: [`\${CLAUDE_PLUGIN_ROOT}/dist/${file}.mjs`],
			});
		}
	});

	it("asks for each field by its own name, so that the handlers read what the client says", () => {
		const inputs = names.flatMap((name) => Object.entries(hooks[name][0].hooks[0].input));
		expect(inputs.length).toBeGreaterThan(40);
		for (const [field, value] of inputs) expect(value).toBe(`\${${field}}`);
	});

	it("runs PreToolUse for the hook tool alone, and the commands' hook for ours alone", () => {
		expect(hooks.PreToolUse[0].matcher).toBe("mcp__plugin_notify_companion__hook");
		expect(hooks.UserPromptExpansion[0].matcher).toBe("notify:.*");
	});
});
