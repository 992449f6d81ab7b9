import { mkdir, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cli, openCli } from "./helpers/cli.ts";
import { codex, gemini, hookMachine, session, stop } from "./helpers/hook-machine.ts";

let built: Cli;

beforeAll(async () => {
	built = await openCli();
});

afterAll(() => built[Symbol.asyncDispose]());

const machine = () => hookMachine(built);
const quiet = { code: 0, stdout: "", stderr: "" };

describe("a turn of codex", () => {
	it.each([20, 24] as const)("that took a minute is told at its end, on Node %i", async (node) => {
		const { hook, told, travel, turns } = await machine();
		expect(await hook("SessionStart --cli codex", codex("SessionStart", { source: "startup" }), node)).toMatchObject(
			quiet,
		);
		expect(await hook("UserPromptSubmit --cli codex", codex("", { prompt: "go" }), node)).toMatchObject(quiet);
		await travel(`codex-${session}`, 61_000);
		expect(await hook("Stop --cli codex", stop("All 12 tests pass.\nsk-ant-abcdefghijklmnop"), node)).toMatchObject(
			quiet,
		);
		expect(await told()).toMatchObject([{ title: "codex in billing", text: "Done: All 12 tests pass.\nsk-ant-***" }]);
		expect(await hook("SessionEnd --cli codex", codex("SessionEnd"), node)).toMatchObject(quiet);
		expect(await turns()).toEqual([]);
	});

	it("that was short, goes on, or had no words is not told", async () => {
		const { hook, told } = await machine();
		await hook("UserPromptSubmit --cli codex", codex("", { prompt: "go" }));
		await hook("Stop --cli codex", stop("quick"));
		const asked = codex("", { tool_name: "Bash", tool_input: { command: "ls" } });
		await hook("PermissionRequest --cli codex --longer-than 1m", asked);
		await hook("Stop --cli codex", stop("again", { turn_id: "turn-2", stop_hook_active: true }));
		await hook("PostModelRequest --cli codex", codex("", { status: "completed", error: null, turn_id: "turn-3" }));
		expect(await told()).toEqual([]);
	});

	it("is told by --longer-than, and where nobody saw it begin", async () => {
		const { hook, told, travel } = await machine();
		await hook("UserPromptSubmit --cli codex", codex("", { prompt: "go" }));
		await hook("Stop --cli codex --longer-than 0", stop("at once"));
		await hook("Stop --cli codex", stop("unseen", { turn_id: "turn-9" }));
		await hook("UserPromptSubmit --cli codex", codex("", { prompt: "go", turn_id: "turn-10" }));
		await travel(`codex-${session}`, 240_000);
		await hook("Stop --cli codex --longer-than=5m", stop("too early", { turn_id: "turn-10" }));
		await travel(`codex-${session}`, 120_000);
		await hook("Stop --cli codex --longer-than 5m", stop("", { turn_id: "turn-10" }));
		expect((await told()).map(({ text }) => text)).toEqual(["Done: at once", "Done: unseen", "Done."]);
	});

	it("words that are added to it do not begin it again, an empty prompt begins none", async () => {
		const { hook, told, travel, turns } = await machine();
		await hook("UserPromptSubmit --cli codex", codex("", { prompt: " " }));
		expect(await turns()).toEqual([]);
		await hook("UserPromptSubmit --cli codex", codex("", { prompt: "go" }));
		await travel(`codex-${session}`, 61_000);
		await hook("UserPromptSubmit --cli codex", codex("", { prompt: "and this" }));
		await hook("Stop --cli codex", stop("done"));
		expect(await told()).toHaveLength(1);
	});

	it("is the last one for an event that names none", async () => {
		const { hook, told, travel } = await machine();
		await hook("UserPromptSubmit --cli codex", codex("", { prompt: "go" }));
		const asked = codex("", { turn_id: undefined, tool_name: "Bash", tool_input: { command: "ls" } });
		await hook("Stop --cli codex", stop("too early", { turn_id: undefined }));
		expect(await told()).toEqual([]);
		await travel(`codex-${session}`, 61_000);
		await hook("PermissionRequest --cli codex", asked);
		await hook("Stop --cli codex", stop("done"));
		expect(await told()).toHaveLength(2);
	});

	it("that asks for leave is told at once: whoever left after the prompt is waited for", async () => {
		const { hook, told } = await machine();
		await hook("UserPromptSubmit --cli codex", codex("", { prompt: "go" }));
		await hook("PermissionRequest --cli codex", codex("", { tool_name: "Bash", tool_input: { command: "ls" } }));
		expect(await told()).toMatchObject([{ text: "Permission needed at the computer: Bash: ls" }]);
	});

	it("asks for permission once, in one line, without secrets", async () => {
		const { hook, told } = await machine();
		const asked = codex("", {
			tool_name: "Bash",
			tool_input: {
				command: "curl -H 'Authorization: Bearer abc123def456'\n  \u001b[31mhttps://x\u202e",
				description: "",
			},
		});
		await hook("PermissionRequest --cli codex", asked);
		await hook("PermissionRequest --cli codex", asked);
		await hook("PermissionRequest --cli codex", codex("", { tool_name: "apply_patch", tool_input: ["?"] }));
		expect((await told()).map(({ text }) => text)).toEqual([
			"Permission needed at the computer: Bash: curl -H 'Authorization: Bearer ***' https://x",
			"Permission needed at the computer: apply_patch",
		]);
	});

	it("that fails is told once, however often codex tries again", async () => {
		const { hook, told } = await machine();
		const failed = codex("", { status: "failed", error: "unexpected status 401 Unauthorized: mock failure, url: …" });
		for (let n = 0; n < 3; n++) await hook("PostModelRequest --cli codex", failed);
		expect((await told()).map(({ text }) => text)).toEqual([
			"Failed: unexpected status 401 Unauthorized: mock failure, url: …",
		]);
	});

	it("is cut to 500 characters, never in the middle of one", async () => {
		const { hook, told } = await machine();
		await hook("Stop --cli codex", stop(`x${"🎉".repeat(1000)}`));
		const [{ text = "" } = {}] = await told();
		expect(text.length).toBe(499);
		expect(text.isWellFormed()).toBe(true);
	});
});

describe("a turn of gemini", () => {
	it("is told when it ends and when it asks", async () => {
		const { hook, told, travel, turns } = await machine();
		await hook("BeforeAgent --cli gemini", gemini("", { prompt: "hello gemini" }));
		await travel(`gemini-${session}`, 61_000);
		const details = { type: "exec", title: "Confirm Shell Command", command: "rm -r build", rootCommand: "rm" };
		const message = "Tool Confirm Shell Command requires execution";
		await hook("Notification --cli gemini", gemini("", { notification_type: "ToolPermission", message, details }));
		const edit = { type: "edit", title: "Confirm Edit: a.ts", fileName: "a.ts", originalContent: "", newContent: "x" };
		await hook(
			"Notification --cli gemini",
			gemini("", { notification_type: "ToolPermission", message, details: edit }),
		);
		await hook("Notification --cli gemini", gemini("", { notification_type: "Other", message, details }));
		await hook("AfterAgent --cli gemini", gemini("", { prompt: "hello gemini", prompt_response: "mock answer" }));
		await hook("AfterAgent --cli gemini", gemini("", { prompt: "hello gemini", prompt_response: "mock answer" }));
		expect(await told()).toMatchObject([
			{ title: "gemini in billing", text: "Permission needed at the computer: Shell: rm -r build" },
			{ text: "Permission needed at the computer: Edit: a.ts" },
			{ text: "Done: mock answer" },
		]);
		for (let n = 0; n < 2; n++)
			expect(await hook("SessionEnd --cli gemini", gemini("SessionEnd"))).toMatchObject(quiet);
		expect(await turns()).toEqual([]);
	});
});

describe("whatever comes", () => {
	it.each([
		["nothing", "", "stdin holds no JSON object."],
		["no JSON", "not json \u001b[31m", "stdin holds no JSON object."],
		["no object", "[]", "stdin holds no JSON object."],
		["10 MB", `{"session_id": "${"x".repeat(10_000_000)}"}`, "the event is larger than 1 MB and was left out."],
		["a path", JSON.stringify(codex("", { session_id: "../../x" })), "the session's id could not be understood."],
		[
			"an id that is no text",
			JSON.stringify(codex("", { session_id: 7 })),
			"the session's id could not be understood.",
		],
	])("it ends with 0 and an empty stdout: %s", async (_, input, words) => {
		const { hook, told, turns } = await machine();
		for (const event of ["Stop", "UserPromptSubmit"]) {
			const ended = await hook(`${event} --cli codex`, input);
			expect(ended).toMatchObject({ code: 0, stdout: "", stderr: `claude-notify hook: ${words}\n` });
		}
		expect([await told(), await turns()]).toEqual([[], []]);
	});

	it.each([
		["Stop", "--cli must be codex or gemini."],
		["Stop --cli copilot", "--cli must be codex or gemini."],
		["--cli codex", "say which event it is: claude-notify hook Stop --cli codex"],
		["Stop --cli codex --longer-than ever", "--longer-than must look like 90, 90s, 5m or 2h."],
		["Stop --cli codex --frob", "there is no option --frob."],
		["constructor --cli codex", "codex has no event constructor that is told."],
	])("a command line that is wrong ends with 0 too, since 2 would stop the agent: %s", async (line, words) => {
		const { hook, told } = await machine();
		expect(await hook(line, stop("x"))).toMatchObject({
			code: 0,
			stdout: "",
			stderr: `claude-notify hook: ${words}\n`,
		});
		expect(await told()).toEqual([]);
	});

	it("an event without a session, and all of them on a machine that is not paired, have no effect", async () => {
		const { hook, told, turns } = await machine();
		for (const event of ["SessionStart", "UserPromptSubmit", "PermissionRequest", "Stop", "SessionEnd"]) {
			expect(await hook(`${event} --cli codex`, "{}")).toMatchObject(quiet);
		}
		expect([await told(), await turns()]).toEqual([[], []]);
		await using alone = await openCli(undefined, built);
		const input = JSON.stringify(stop("done"));
		expect(await alone.run(["hook", "Stop", "--cli", "codex"], { input })).toMatchObject(quiet);
		await expect(stat(alone.home)).rejects.toThrow();
	});

	it("fields of another type than usual do no harm", async () => {
		const { hook, told } = await machine();
		const odd = { session_id: session, cwd: 7, turn_id: {}, last_assistant_message: ["x"], tool_name: null };
		expect(await hook("Stop --cli codex", { ...odd, stop_hook_active: "no" })).toMatchObject(quiet);
		expect(await hook("PermissionRequest --cli codex", { ...odd, tool_input: "x" })).toMatchObject(quiet);
		expect(await hook("Notification --cli gemini", { ...odd, notification_type: "ToolPermission" })).toMatchObject(
			quiet,
		);
		expect(await told()).toMatchObject([
			{ title: "codex", text: "Done." },
			{ text: "Permission needed at the computer: a tool" },
			{ title: "gemini", text: "Permission needed at the computer: a tool" },
		]);
	});

	it("what it keeps is nobody else's to read, and goes after a week", async () => {
		const { hook, turns, folder } = await machine();
		await mkdir(folder("agents"), { recursive: true });
		const old = join(folder("agents"), "codex-old.json");
		await writeFile(old, "{}");
		await utimes(old, new Date(), new Date(Date.now() - 8 * 86_400_000));
		await writeFile(join(folder("agents"), `codex-${session}.json`), "garbage");
		await hook("UserPromptSubmit --cli codex", codex("", { prompt: "go" }));
		expect(await turns()).toEqual([`codex-${session}.json`]);
		expect((await stat(join(folder("agents"), `codex-${session}.json`))).mode & 0o777).toBe(0o600);
		expect((await stat(folder("agents"))).mode & 0o777).toBe(0o700);
	});
});
