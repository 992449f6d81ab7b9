import { describe, expect, it } from "vitest";
import { hookRig, unmonitored } from "../../tests/helpers/hook-rig.ts";
import { onPermissionRequest } from "./permission-request.ts";

const asked = (tool_name: string, input: unknown, more: object = {}) => ({
	tool_name,
	tool_input: JSON.stringify(input),
	cwd: "/work/api",
	...more,
});
const answer = (decision: object) => ({ hookSpecificOutput: { hookEventName: "PermissionRequest", decision } });
const question = {
	question: "Which color?",
	header: "Color",
	multiSelect: false,
	options: [{ label: "Red", description: "r" }, { label: "Blue" }],
};
const sizes = { question: "Sizes?", multiSelect: true, options: [{ label: "S" }, { label: "M" }] };

describe("a request for permission", () => {
	it.each([
		["Bash", { command: "rm -rf build", description: "x" }, "rm -rf build"],
		["Bash", { command: "ls", dangerouslyDisableSandbox: true }, "ls\n(outside the sandbox)"],
		["Write", { file_path: "/work/a.ts", content: "one\ntwo\n" }, "/work/a.ts\n+ one\n+ two"],
		["Edit", { file_path: "/a.ts", old_string: "x", new_string: "y" }, "/a.ts\n- x\n+ y"],
		[
			"Edit",
			{ file_path: "/a.ts", old_string: "x", new_string: "y", replace_all: true },
			"/a.ts\n- x\n+ y\n(everywhere in the file)",
		],
		["MultiEdit", { file_path: "/a.ts", edits: [{ old_string: "x", new_string: "y" }, "no"] }, "/a.ts\n- x\n+ y"],
		["WebFetch", { url: "https://example.com", prompt: "x" }, "https://example.com"],
		["mcp__fs__move", { path: "/a", to: "/etc/b" }, '{"path":"/a","to":"/etc/b"}'],
		["mcp__db__list", {}, ""],
		["Bash", { other: 1 }, '{"other":1}'],
	])("of %s asks the phone with all that the person decides about (row 133)", async (tool, input, summary) => {
		const rig = hookRig();
		expect(await onPermissionRequest(asked(tool, input), rig.tools)).toEqual({});
		expect(rig.asked).toEqual([
			{
				kind: "permission",
				toolName: tool,
				hash: expect.stringMatching(/^[0-9a-f]{64}$/),
				summary,
				questions: [],
				cwd: "/work/api",
				agentId: "",
				holdsDialog: false,
			},
		]);
		expect(rig.reported).toEqual([]);
		expect(rig.doing()).toBe(`waiting for permission (${tool})`);
	});

	it("says how much of a long file is not shown", async () => {
		const rig = hookRig();
		await onPermissionRequest(asked("Write", { file_path: "/a", content: "x\n".repeat(42) }), rig.tools);
		expect(rig.asked[0]?.summary.split("\n")).toHaveLength(42);
		expect(rig.asked[0]?.summary).toMatch(/\(and 2 more lines\)$/);
	});

	it("has a hash that says what is asked, whatever the order of its fields", async () => {
		const rig = hookRig();
		for (const [tool, input] of [
			["Bash", { command: "ls", description: "x" }],
			["Bash", { description: "x", command: "ls" }],
			["Bash", { command: "ls -l", description: "x" }],
			["Bas", { command: "ls", description: "x" }],
			["Bash", { command: ["ls"], description: "x" }],
		] as const) {
			await onPermissionRequest(asked(tool, input), rig.tools);
		}
		const [one, same, ...others] = rig.asked.map(({ hash }) => hash);
		expect(same).toBe(one);
		expect(new Set([one, ...others]).size).toBe(4);
	});

	it("is allowed when the phone allows it (row 134)", async () => {
		const rig = hookRig({ decision: { behavior: "allow" } });
		expect(await onPermissionRequest(asked("Bash", { command: "ls" }), rig.tools)).toEqual(
			answer({ behavior: "allow" }),
		);
	});

	it("is denied with the person's reason (row 134)", async () => {
		const rig = hookRig({ decision: { behavior: "deny", message: "use rg instead" } });
		expect(await onPermissionRequest(asked("Bash", { command: "grep" }), rig.tools)).toEqual(
			answer({
				behavior: "deny",
				message: "The user said no to this (from their phone, +1***8912): use rg instead",
			}),
		);
	});

	it("is allowed for the session by the client's own suggestions, which end with the session", async () => {
		const rig = hookRig({ decision: { scope: "session" } });
		const rules = [{ toolName: "Bash", ruleContent: "npm run *" }];
		const permission_suggestions = JSON.stringify([
			{ type: "addRules", rules, behavior: "allow", destination: "localSettings" },
			{ type: "addRules", rules, behavior: "deny", destination: "localSettings" },
			{ type: "setMode", mode: "acceptEdits", destination: "userSettings" },
			{ type: "setMode", mode: "bypassPermissions", destination: "session" },
			{ type: "unheardOf" },
		]);
		const output = await onPermissionRequest(
			asked("Bash", { command: "npm run x" }, { permission_suggestions }),
			rig.tools,
		);
		expect(rig.asked[0]?.sessionGrant).toBe(
			"Bash(npm run *), all changes to files in its folders, by rm, mv and sed too",
		);
		expect(output).toEqual(
			answer({
				behavior: "allow",
				updatedPermissions: [
					{ type: "addRules", rules, behavior: "allow", destination: "session" },
					{ type: "setMode", mode: "acceptEdits", destination: "session" },
				],
			}),
		);
	});

	it("of a subagent holds its dialog back, so that is said", async () => {
		const rig = hookRig();
		await onPermissionRequest(asked("Bash", { command: "ls" }, { agent_id: "a1" }), rig.tools);
		expect(rig.asked[0]).toMatchObject({ agentId: "a1", holdsDialog: true });
	});

	it.each(['{"command":"to', "", "[]", "null", '"ls"'])(
		"with the input %j, which nobody can read, is told and not asked",
		async (tool_input) => {
			const rig = hookRig({ decision: { behavior: "allow" } });
			expect(await onPermissionRequest({ tool_name: "Bash", tool_input }, rig.tools)).toEqual({});
			expect(rig.asked).toEqual([]);
			expect(rig.reported).toEqual([{ type: "permission", details: { tool_name: "Bash" } }]);
		},
	);

	it("outside a monitored session is left alone", async () => {
		expect(await onPermissionRequest(asked("Bash", { command: "ls" }), unmonitored())).toEqual({});
	});
});

describe("a question of Claude's", () => {
	it("goes to the phone with its options, and the answers come back under their questions", async () => {
		const input = { questions: [question, sizes] };
		const rig = hookRig({ decision: { answers: { "Which color?": "teal, from my phone", "Sizes?": ["S", "M"] } } });
		const output = await onPermissionRequest(asked("AskUserQuestion", input), rig.tools);
		expect(rig.asked[0]).toMatchObject({
			kind: "question",
			questions: [
				{ key: "Which color?", question: "Which color?", header: "Color", multi_select: false },
				{ key: "Sizes?", multi_select: true, options: [{ label: "S" }, { label: "M" }] },
			],
		});
		const answers = { "Which color?": "teal, from my phone", "Sizes?": "S, M" };
		expect(output).toEqual(answer({ behavior: "allow", updatedInput: { ...input, answers } }));
	});

	it("with an answer missing stays with the terminal", async () => {
		const rig = hookRig({ decision: { answers: { "Which color?": "Red" } } });
		const output = await onPermissionRequest(asked("AskUserQuestion", { questions: [question, sizes] }), rig.tools);
		expect(output).toEqual({});
	});

	it("that a phone cannot show is told", async () => {
		const rig = hookRig();
		const options = Array.from({ length: 10 }, (_, at) => ({ label: `option ${at}` }));
		await onPermissionRequest(asked("AskUserQuestion", { questions: [{ ...question, options }] }), rig.tools);
		expect(rig.asked).toEqual([]);
		expect(rig.reported).toEqual([{ type: "question", details: { message: "Which color?" } }]);
	});
});

describe("a plan", () => {
	const input = { plan: "1. migrate\n2. test", planFilePath: "/p.md" };

	it("goes to the phone whole, and is approved with its own input, without which the client takes no yes", async () => {
		const rig = hookRig({ decision: { behavior: "allow" } });
		const output = await onPermissionRequest(asked("ExitPlanMode", input), rig.tools);
		expect(rig.asked[0]).toMatchObject({ kind: "plan", summary: input.plan });
		expect(output).toEqual(answer({ behavior: "allow", updatedInput: input }));
	});

	it("is sent back with what to change", async () => {
		const rig = hookRig({ decision: { behavior: "deny", message: "test first" } });
		const output = await onPermissionRequest(asked("ExitPlanMode", input), rig.tools);
		expect(output.hookSpecificOutput?.decision).toMatchObject({
			behavior: "deny",
			message: expect.stringMatching(/keep planning.*: test first$/),
		});
	});
});
