import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	buildInto,
	failedBash,
	hookOf as hook,
	initialize,
	pairedMachine as machine,
	startCompanion,
	typed,
} from "./helpers/companion-process.ts";
import { startScriptedServer } from "./helpers/scripted-server.ts";
import { type TemporaryFolder, temporaryFolder } from "./helpers/temporary-folder.ts";
import { until } from "./helpers/until.ts";

let built: TemporaryFolder;
let plugin: string;

beforeAll(async () => {
	built = await temporaryFolder();
	plugin = await buildInto(built.path);
});

afterAll(() => built[Symbol.asyncDispose]());

describe.each([20, 24] as const)("the companion under Node %i", (node) => {
	it("answers initialize and tools/list within two seconds of its start (row 3)", async () => {
		const started = async () => {
			await using home = await temporaryFolder();
			const began = performance.now();
			await using companion = await startCompanion(plugin, { node, env: { HOME: home.path } });
			const hello = await initialize(companion);
			const { tools } = Object(await companion.request("tools/list"));
			return { hello, tools, ms: performance.now() - began };
		};
		// What a machine that does ten other things takes once is not what we take.
		const [{ hello, tools, ms }, ...more] = [await started(), await started(), await started()];
		expect(Math.min(ms, ...more.map((start) => start.ms))).toBeLessThan(2000);
		expect(hello).toMatchObject({
			serverInfo: { name: "claude-notify" },
			instructions: expect.stringContaining("never approves a pending permission"),
		});
		expect(tools).toMatchObject([
			{ name: "hook", _meta: { ui: { visibility: ["app"] } } },
			{ name: "get_replies", _meta: { "anthropic/alwaysLoad": true } },
			{ name: "notify_user", inputSchema: { required: ["text"] } },
			{ name: "ask_user", inputSchema: { required: ["question"] } },
		]);
	});

	it("monitors a session by its hooks alone: start, failure, done, stop (rows 6, 7)", async () => {
		await using server = await startScriptedServer();
		await using paired = await machine(server);
		await using companion = await startCompanion(plugin, { node, env: paired.env });
		await initialize(companion);
		expect(await companion.hook(failedBash)).toEqual({});
		expect(server.requests).toEqual([]);
		expect(await companion.hook(typed("start", '"migrate billing"'))).toMatchObject({
			decision: "block",
			reason: expect.stringContaining('Monitoring "migrate billing" as (b).'),
		});
		await companion.hook(hook("UserPromptSubmit", { prompt: "migrate them" }));
		await companion.hook(failedBash);
		await companion.hook(
			hook("Stop", { last_assistant_message: "done", stop_hook_active: "false", background_tasks: "[]" }),
		);
		await server.waitFor("POST /sessions/*/events", 2);
		expect(server.bodies("POST /sessions/*/events")).toMatchObject([
			{ type: "error", details: { tool_name: "Bash", error_message: "Exit code 3" } },
			{ type: "done", details: { message: "done" } },
		]);
		expect(await companion.hook(typed("stop"))).toMatchObject({
			reason: expect.stringContaining("Monitoring stopped."),
		});
		const before = server.requests.length;
		await companion.hook(failedBash);
		await companion.hook(hook("PostToolUse"));
		expect(await companion.hook(typed("stop"))).toMatchObject({ reason: "This session is not monitored." });
		expect(server.requests).toHaveLength(before);
	});
});

describe("a call of the hook tool", () => {
	it.each([
		["the model's", { "claudecode/toolUseId": "toolu_01", progressToken: 4 }],
		["with any other _meta", { progressToken: 4 }],
		["with an empty _meta", {}],
	])("that is %s is refused and does nothing", async (_what, _meta) => {
		await using server = await startScriptedServer();
		await using paired = await machine(server);
		await using companion = await startCompanion(plugin, { env: paired.env });
		await initialize(companion);
		await companion.hook(typed("start", "x"));
		await server.waitFor("POST /sessions/*/heartbeat");
		const answer = await companion.call({ name: "hook", arguments: failedBash, _meta });
		expect(answer).toMatchObject({ isError: true, content: [{ text: "This tool answers Claude Code's hooks only." }] });
		await companion.call({ name: "hook", arguments: typed("stop"), _meta });
		await companion.hook(hook("Stop", { background_tasks: "[]", stop_hook_active: "false" }));
		await server.waitFor("POST /sessions/*/events");
		expect(server.bodies("POST /sessions/*/events")).toMatchObject([{ type: "done" }]);
		expect(server.bodies("POST /sessions/*/stop")).toEqual([]);
	});
});

describe("the companion and bad input", () => {
	it("answers on, and writes nothing but JSON to stdout, whatever comes in (rows 70, 197, 220)", async () => {
		await using home = await temporaryFolder();
		await using companion = await startCompanion(plugin, {
			env: { HOME: home.path, CLAUDE_NOTIFY_LOG_LEVEL: "debug" },
		});
		await initialize(companion);
		companion.write("this is no JSON\n");
		companion.write('{"jsonrpc":"2.0","id":900,"method":"tools/call"\n');
		companion.write(`{"jsonrpc":"2.0","id":901,"method":"tools/call","params":{"name":"hook","arguments":"x"}}\n`);
		companion.write("null\n[]\n\u0000\n");
		expect(await companion.hook({})).toEqual({});
		expect(await companion.hook({ hook_event_name: "Stop" })).toEqual({});
		expect(await companion.hook({ hook_event_name: "BrandNew", session_id: "../../x", more: { a: 1 } })).toEqual({});
		expect(
			await companion.hook({ ...failedBash, session_id: "x".repeat(100_000), error: "e".repeat(2_000_000) }),
		).toEqual({});
		expect((await companion.call({ name: "no-such-tool" })).isError).toBe(true);
		expect(await companion.call({ name: "get_replies" })).toMatchObject({
			content: [{ text: expect.stringContaining("not monitored") }],
		});
		expect(companion.strayLines).toEqual([]);
	});

	it.each(["debug", "info", "warn", "error"])("keeps its words on stderr at level %s (row 220)", async (level) => {
		await using server = await startScriptedServer();
		await using paired = await machine(server);
		await using companion = await startCompanion(plugin, { env: { ...paired.env, CLAUDE_NOTIFY_LOG_LEVEL: level } });
		await initialize(companion);
		await companion.hook(typed("start", "x"));
		server.on("POST /sessions/*/events", () => ({
			status: 400,
			body: { error: "invalid_request", message: "no", request_id: "r" },
		}));
		await companion.hook(failedBash);
		await server.waitFor("POST /sessions/*/events");
		await companion.hook(hook("PostToolUse"));
		expect(companion.strayLines).toEqual([]);
		await until(
			() => level === "error" || companion.stderr().includes("the server refused event error"),
			5000,
			() => `stderr: ${companion.stderr()}`,
		);
		expect(companion.stderr()).not.toContain("session-token");
		if (level === "error") expect(companion.stderr()).toBe("");
	});

	it("warns of a setting that it cannot use, on stderr, and runs with the default (row 61)", async () => {
		await using home = await temporaryFolder();
		await using companion = await startCompanion(plugin, {
			env: { HOME: home.path, CLAUDE_NOTIFY_HEARTBEAT_INTERVAL: "often" },
		});
		await initialize(companion);
		expect(companion.stderr()).toMatch(/warn: CLAUDE_NOTIFY_HEARTBEAT_INTERVAL must be/);
		expect(companion.stderr().trim().split("\n")).toHaveLength(1);
	});
});
