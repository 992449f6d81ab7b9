import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
	buildInto,
	failedBash,
	hookOf as hook,
	initialize,
	pairedMachine as machine,
	sessionId as session_id,
	startCompanion,
	typed,
} from "./helpers/companion-process.ts";
import { nodeDir, waitUntilGone } from "./helpers/processes.ts";
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

describe("the companion without what it needs", () => {
	it("answers hooks at once while the server takes requests and never answers (row 70)", async () => {
		await using server = await startScriptedServer();
		await using paired = await machine(server);
		await using companion = await startCompanion(plugin, { env: paired.env });
		await initialize(companion);
		await companion.hook(typed("start", "x"));
		const silence = new Promise<never>(() => undefined);
		for (const route of ["events", "heartbeat", "stop"]) server.on(`POST /sessions/*/${route}`, () => silence);
		server.on("GET /sessions/*/inbox", () => silence);
		const began = performance.now();
		for (let at = 0; at < 20; at++) {
			expect(await companion.hook(hook("UserPromptSubmit", { prompt: "go" }))).toEqual({});
			expect(await companion.hook(failedBash)).toEqual({});
			expect(await companion.hook(hook("Stop", { background_tasks: "[]", stop_hook_active: "false" }))).toEqual({});
		}
		// Sixty hooks in less than one of the fifteen seconds that a request may take.
		expect(performance.now() - began).toBeLessThan(5000);
	});

	it("answers hooks on a disk that cannot be written, and still reports (row 70)", async () => {
		await using server = await startScriptedServer();
		await using paired = await machine(server);
		await using companion = await startCompanion(plugin, { env: paired.env });
		await initialize(companion);
		await companion.hook(typed("start", "x"));
		await mkdir(join(paired.home, "spool"), { recursive: true });
		await chmod(join(paired.home, "spool"), 0o500);
		await chmod(join(paired.home, "sessions"), 0o500);
		expect(await companion.hook(hook("UserPromptSubmit", { prompt: "go" }))).toEqual({});
		expect(await companion.hook(failedBash)).toEqual({});
		await server.waitFor("POST /sessions/*/events");
		await chmod(join(paired.home, "spool"), 0o700);
		await chmod(join(paired.home, "sessions"), 0o700);
	});

	it("answers hooks without HOME (row 70)", async () => {
		await using companion = await startCompanion(plugin);
		await initialize(companion);
		expect(await companion.hook(failedBash)).toEqual({});
	});

	it("is silent in hooks when the login has run out, and the next command says what to do (row 40)", async () => {
		await using server = await startScriptedServer();
		await using paired = await machine(server, -60_000);
		server.on("POST /auth/refresh", () => ({
			status: 401,
			body: { error: "unauthorized", message: "no", request_id: "r" },
		}));
		await using companion = await startCompanion(plugin, { env: paired.env });
		await initialize(companion);
		expect(await companion.hook(hook("UserPromptSubmit", { prompt: "go" }))).toEqual({});
		expect(await companion.hook(typed("start", "x"))).toMatchObject({
			reason: "The pairing with +1***8912 has ended. Run /notify-setup.",
		});
		expect(companion.strayLines).toEqual([]);
	});
});

describe("the companion's end", () => {
	it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
		"comes at once with %s, and what it has to say stays on disk",
		async (signal) => {
			await using server = await startScriptedServer();
			await using paired = await machine(server);
			await using companion = await startCompanion(plugin, { env: paired.env });
			await initialize(companion);
			await companion.hook(typed("start", "x"));
			await server.goDown();
			await companion.hook(hook("UserPromptSubmit", { prompt: "go" }));
			await companion.hook(failedBash);
			companion.kill(signal);
			expect(await companion.exited).toBe(0);
			const [spool = ""] = (await readdir(join(paired.home, "spool"))).filter((name) => name.endsWith(".ndjson"));
			expect(await readFile(join(paired.home, "spool", spool), "utf8")).toContain('"Exit code 3"');
			expect(await readFile(join(paired.home, "sessions", `${session_id}.json`), "utf8")).toContain('"turn":"open"');
		},
	);

	it("gives the spool free for the next process, in the middle of a request too", async () => {
		await using server = await startScriptedServer();
		await using paired = await machine(server);
		await using companion = await startCompanion(plugin, { env: paired.env });
		await initialize(companion);
		await companion.hook(typed("start", "x"));
		server.on("POST /sessions/*/events", () => new Promise<never>(() => undefined));
		await companion.hook(failedBash);
		await server.waitFor("POST /sessions/*/events");
		expect((await readdir(join(paired.home, "spool"))).some((name) => name.endsWith(".lock"))).toBe(true);
		companion.kill("SIGINT");
		expect(await companion.exited).toBe(0);
		expect(await readdir(join(paired.home, "spool"))).toEqual([expect.stringMatching(/\.ndjson$/)]);
	});

	it("comes when its client goes away", async () => {
		await using home = await temporaryFolder();
		await using companion = await startCompanion(plugin, { env: { HOME: home.path } });
		await initialize(companion);
		companion.closeStdin();
		expect(await companion.exited).toBe(0);
	});

	it("lets the next companion go on where it was killed, with the same ids (rows 66, 68)", async () => {
		await using server = await startScriptedServer();
		await using paired = await machine(server);
		const first = await startCompanion(plugin, { env: paired.env });
		await initialize(first);
		await first.hook(typed("start", "x"));
		await server.goDown();
		await first.hook(failedBash);
		await first.hook(hook("Stop", { background_tasks: "[]", stop_hook_active: "false" }));
		first.kill("SIGKILL");
		await first.exited;
		await server.comeBack();
		await using second = await startCompanion(plugin, { env: { ...paired.env, CLAUDE_CODE_SESSION_ID: session_id } });
		await initialize(second);
		// A killed process keeps its lock for five seconds.
		await server.waitFor("POST /sessions/*/events", 2, 15_000);
		expect(server.bodies("POST /sessions/*/events")).toMatchObject([{ type: "error" }, { type: "done" }]);
		expect(server.bodies("POST /sessions/start")).toHaveLength(1);
	});
});

describe.each([20, 24] as const)("the hooks that are processes, under Node %i", (node) => {
	async function runHook(name: string, input: string, env: Record<string, string>) {
		const child = spawn(join(await nodeDir(node), "node"), [join(plugin, `${name}.mjs`)], { env, stdio: "pipe" });
		child.stdin.on("error", () => undefined);
		child.stdin.end(input);
		const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
		return { stdout, code };
	}

	it("hand the end of a session to a process of its own, which reports it when they are gone (row 65)", async () => {
		await using server = await startScriptedServer();
		await using paired = await machine(server);
		const companion = await startCompanion(plugin, { node, env: paired.env });
		await initialize(companion);
		await companion.hook(typed("start", "x"));
		await companion.hook(hook("UserPromptSubmit", { prompt: "go" }));
		companion.kill("SIGINT");
		await companion.exited;
		const env = { ...paired.env, CLAUDE_PID: String(process.pid) };
		expect(
			await runHook("session-start", JSON.stringify({ session_id: "other", source: "startup", cwd: "/" }), env),
		).toEqual({ stdout: "", code: 0 });
		expect(await runHook("session-end", JSON.stringify({ session_id, reason: "prompt_input_exit" }), env)).toEqual({
			stdout: "",
			code: 0,
		});
		await server.waitFor("POST /sessions/*/stop");
		expect(server.bodies("POST /sessions/*/events")).toMatchObject([{ type: "done" }]);
		await until(
			async () => (await readdir(join(paired.home, "sessions"))).length === 0,
			5000,
			() => "the session's file is left",
		);
	});

	it.each(["", "{", "null", '{"session_id":"aaa"}'])(
		"exit 0 with nothing on stdout for %j, also on a disk that cannot be written (row 70)",
		async (input) => {
			await using home = await temporaryFolder();
			await chmod(home.path, 0o500);
			const env = { CLAUDE_NOTIFY_HOME: join(home.path, "notify"), CLAUDE_PID: "1" };
			for (const name of ["session-start", "session-end", "report-session-end"]) {
				expect(await runHook(name, input, env)).toEqual({ stdout: "", code: 0 });
			}
			await chmod(home.path, 0o700);
		},
	);
});

it("a companion whose client is killed -9 does not stay behind", async () => {
	await using home = await temporaryFolder();
	// A stand-in for the client: it starts the companion, and says its process id.
	const script = `const { spawn } = require("node:child_process");
		const child = spawn(process.execPath, [${JSON.stringify(join(plugin, "companion.mjs"))}], { stdio: ["pipe", "inherit", "inherit"] });
		process.stdout.write(child.pid + "\\n"); setInterval(() => {}, 1000);`;
	const client = spawn(process.execPath, ["-e", script], {
		env: { HOME: home.path },
		stdio: ["ignore", "pipe", "inherit"],
	});
	const [line] = await once(client.stdout, "data");
	const pid = Number.parseInt(String(line), 10);
	client.kill("SIGKILL");
	await waitUntilGone(pid, 5000);
});
