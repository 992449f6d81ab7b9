import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text as readText } from "node:stream/consumers";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { buildPlugin, pluginFiles } from "../.ci/build.ts";
import { type Lockfile, missingOptionals } from "../.ci/lockfile.ts";
import { nodeDir } from "./helpers/processes.ts";

const root = resolve(import.meta.dirname, "..");
const dist = join(root, "dist");

beforeAll(async () => {
	await buildPlugin(root);
});

async function readJson(path: string): Promise<unknown> {
	return JSON.parse(await readFile(join(root, path), "utf8"));
}

const versioned = z.looseObject({ version: z.string() });
const commandHook = z.object({
	type: z.literal("command"),
	command: z.string(),
	args: z.array(z.string()),
	timeout: z.number().optional(),
});
/** The one that a shell guards: without somebody to wait for it starts no Node. */
const guardedHook = z.looseObject({ type: z.literal("command"), command: z.string(), asyncRewake: z.literal(true) });
const hook = z.union([
	commandHook,
	guardedHook,
	z.looseObject({ type: z.literal("mcp_tool"), server: z.string(), tool: z.string() }),
]);
const hooksFile = z.object({
	hooks: z.record(z.string(), z.array(z.looseObject({ hooks: z.array(hook) }))),
});

/** The hooks that the installed plugin has, by event. */
async function hooksOf(folder: string) {
	const { hooks } = hooksFile.parse(JSON.parse(await readFile(join(folder, "hooks/hooks.json"), "utf8")));
	return Object.entries(hooks).flatMap(([event, groups]) =>
		groups.flatMap((group) => group.hooks.map((each) => ({ event, ...each }))),
	);
}

async function runScript(node: string, args: string[], stdin: string, home: string) {
	const child = spawn(node, args, {
		env: { PATH: "/usr/bin:/bin", HOME: home, CLAUDE_NOTIFY_HOME: join(home, "notify"), TMPDIR: home },
		stdio: ["pipe", "pipe", "ignore"],
		timeout: 10_000,
	});
	const ended = new Promise<number | null>((done) => child.once("close", done));
	// A shell that is done reads nothing.
	child.stdin.on("error", () => undefined).end(stdin);
	const [stdout, code] = await Promise.all([readText(child.stdout), ended]);
	return { code, stdout };
}

async function freshFolder(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), "claude-notify-packaging-"));
	onTestFinished(() => rm(folder, { recursive: true, force: true }));
	return folder;
}

describe("dist/", () => {
	it("is the same, byte for byte, wherever it is built from the same sources", async () => {
		const elsewhere = await freshFolder();
		for (const path of [".claude-plugin", ".mcp.json", "LICENSE", "commands", "hooks", "src", "tsconfig.json"]) {
			await cp(join(root, path), join(elsewhere, path), { recursive: true });
		}
		await cp(join(root, "package.json"), join(elsewhere, "package.json"));
		await symlink(join(root, "node_modules"), join(elsewhere, "node_modules"));
		const [here, there] = await Promise.all([pluginFiles(root), pluginFiles(elsewhere)]);
		expect([...there.keys()].sort()).toEqual([...here.keys()].sort());
		for (const [path, text] of here) {
			expect(there.get(path) === text, path).toBe(true);
			expect(await readFile(join(dist, path), "utf8"), path).toBe(text);
			expect(text).not.toContain(root);
		}
	});

	it("holds only what was built, and each entry point as one file", async () => {
		const built = await pluginFiles(root);
		const entries = await readdir(dist, { recursive: true, withFileTypes: true });
		const present = entries.filter((entry) => entry.isFile());
		expect(present).toHaveLength(built.size);
		const mains = (await readdir(join(root, "src/entry"))).filter((name) => !name.endsWith(".test.ts"));
		expect(mains.length).toBeGreaterThan(2);
		const bundleOf = (main: string) => (main === "cli.ts" ? "cli.cjs" : main.replace(/\.ts$/, ".mjs"));
		for (const main of mains) expect(built.has(bundleOf(main)), main).toBe(true);
	});

	it("carries no provider's SDK, key or host name (rows 194, 195)", async () => {
		const built = await pluginFiles(root);
		for (const [path, text] of built) {
			expect(text, path).not.toMatch(
				/twilio|grammy|resend\.com|stripe\.com|api\.telegram|discord(app)?\.com|sendgrid/i,
			);
			expect(text, path).not.toMatch(/\bAC[0-9a-f]{32}\b|\bSK[0-9a-f]{32}\b|\bre_[A-Za-z0-9]{8,}_|\bsk_(live|test)_/);
		}
	});

	it("keeps the hooks that are processes of their own below 5 kB and free of packages", async () => {
		for (const name of ["session-start.mjs", "session-end.mjs", "rewake.mjs"]) {
			expect((await stat(join(dist, name))).size, name).toBeLessThan(5000);
			const imports = (await readFile(join(dist, name), "utf8")).match(/from\s*"[^"]+"/g) ?? [];
			for (const each of imports) expect(each, name).toMatch(/"node:/);
		}
	});
});

describe("the hooks", () => {
	it("are registered for failures, prompts, turns and the end of a session (row 2)", async () => {
		const events = (await hooksOf(dist)).map(({ event }) => event);
		expect(events).toEqual(
			expect.arrayContaining([
				"PermissionRequest",
				"Notification",
				"PostToolUse",
				"PostToolUseFailure",
				"SessionEnd",
				"SessionStart",
				"Stop",
				"StopFailure",
				"UserPromptExpansion",
				"UserPromptSubmit",
			]),
		);
	});

	it.each([
		[20, "{}"],
		[24, "{}"],
		[20, ""],
		[24, '{"session_id":'],
		[20, '{"hook_event_name":"SomethingNew","session_id":7,"cwd":null}'],
		[24, "[]"],
	] as const)("that are commands exist and end well under Node %i with %j on stdin (row 2)", async (major, stdin) => {
		const node = join(await nodeDir(major), "node");
		const commands = (await hooksOf(dist)).filter((each) => "args" in each);
		expect(commands.map(({ event }) => event).sort()).toEqual(["SessionEnd", "SessionStart"]);
		const home = await freshFolder();
		for (const { command, args } of commands.map((each) => commandHook.parse({ ...each, event: undefined }))) {
			expect(command).toBe("node");
			const paths = args.map((arg) => arg.replaceAll("${CLAUDE_PLUGIN_ROOT}", dist));
			expect(await runScript(node, paths, stdin, home)).toEqual({
				code: 0,
				stdout: expect.stringMatching(/^(\{\}\n?)?$/),
			});
		}
	});

	it("that may wait for a reply end at once, and without Node, where nobody rings", async () => {
		const home = await freshFolder();
		const [guarded, ...more] = (await hooksOf(dist)).filter((each) => "asyncRewake" in each);
		expect([guarded?.event, more]).toEqual(["Stop", []]);
		const line = guardedHook.parse(guarded).command.replaceAll("${CLAUDE_PLUGIN_ROOT}", "/nowhere");
		expect(await runScript("/bin/sh", ["-c", line], "{}", home)).toEqual({ code: 0, stdout: "" });
	});

	it("that are tools name a server that .mcp.json starts (row 3)", async () => {
		const servers = z.object({ mcpServers: z.record(z.string(), z.looseObject({ command: z.string() })) });
		const { mcpServers } = servers.parse(await readJson("dist/.mcp.json"));
		const tools = (await hooksOf(dist)).flatMap((each) => (each.type === "mcp_tool" ? each.server : []));
		expect(tools.length).toBeGreaterThan(5);
		for (const server of tools) expect(Object.keys(mcpServers)).toContain(server.replace(/^plugin:notify:/, ""));
	});
});

describe("the companion", () => {
	it.each([20, 24] as const)("says who it is and lists its tools under Node %i (row 3)", async (major) => {
		const node = join(await nodeDir(major), "node");
		const home = await freshFolder();
		const initialize = {
			protocolVersion: "2025-11-25",
			capabilities: {},
			clientInfo: { name: "test", version: "1" },
		};
		const messages = [
			{ jsonrpc: "2.0", id: 1, method: "initialize", params: initialize },
			{ jsonrpc: "2.0", method: "notifications/initialized" },
			{ jsonrpc: "2.0", id: 2, method: "tools/list" },
		];
		const stdin = messages.map((message) => `${JSON.stringify(message)}\n`).join("");
		const { code, stdout } = await runScript(node, [join(dist, "companion.mjs")], stdin, home);
		const answers = stdout
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		const { version } = versioned.parse(await readJson("package.json"));
		expect(code).toBe(0);
		expect(answers.find(({ id }) => id === 1)?.result.serverInfo).toMatchObject({ version });
		const names = answers.find(({ id }) => id === 2)?.result.tools.map((tool: { name: string }) => tool.name);
		expect(names).toEqual(expect.arrayContaining(["get_replies", "hook", "notify_user"]));
	});
});

describe("the project", () => {
	it("has one version everywhere", async () => {
		const { version } = versioned.parse(await readJson("package.json"));
		for (const path of [".claude-plugin/plugin.json", "dist/.claude-plugin/plugin.json", "package-lock.json"]) {
			expect(versioned.parse(await readJson(path)).version, path).toBe(version);
		}
	});

	it("pins every package exactly, so that npm under Node 20 cannot pick an older major", async () => {
		const ranges = z.record(z.string(), z.string());
		const packages = z.looseObject({ dependencies: ranges, devDependencies: ranges });
		const { dependencies, devDependencies } = packages.parse(await readJson("package.json"));
		for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies })) {
			expect(range, name).toMatch(/^\d+\.\d+\.\d+$/);
		}
	});

	it("has a lockfile that npm ci accepts: an entry for every optional package of every platform", async () => {
		const lockfile: Lockfile = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8"));
		// Cure: node .ci/complete-lockfile.ts
		expect(missingOptionals(lockfile)).toEqual([]);
	});

	it("offers npm scripts that install, build, check and measure, which npm test runs; each first sees to its dependencies (row 14)", async () => {
		const scripts = await npmScripts();
		const named = ["start", "test", "check", "build", "lint", "typecheck", "coverage", "bench:hooks", "bench:reply"];
		for (const name of named) {
			expect(scripts[name], name).toBeDefined();
			expect(scripts[`pre${name}`], name).toBe("node .ci/ensure-dependencies.mjs");
		}
		for (const [name, command] of Object.entries(scripts)) {
			for (const path of command.match(/\S+\.(ts|mjs)\b/g) ?? [])
				expect((await stat(join(root, path))).isFile(), name).toBe(true);
		}
		const wholeTest = await readFile(join(root, ".ci/test.ts"), "utf8");
		for (const name of ["build", "lint", "typecheck"]) expect(wholeTest).toContain(`"npm run --silent ${name}"`);
	});
});

async function npmScripts(): Promise<Record<string, string>> {
	const { scripts } = z
		.looseObject({ scripts: z.record(z.string(), z.string()) })
		.parse(await readJson("package.json"));
	return scripts;
}
