import { execFile } from "node:child_process";
import { cp, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { buildPlugin } from "../.ci/build.ts";
import { cliArchive } from "../server/cli-package.ts";
import { installScript } from "../server/install-script.ts";
import { version } from "../src/version.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { nodeDir } from "./helpers/processes.ts";
import { startScriptedServer } from "./helpers/scripted-server.ts";
import { type ServerProcess, serverStarter } from "./helpers/server-process.ts";
import { type Ended, runShellLine, snapshotOf } from "./helpers/shell-line.ts";
import { type TemporaryFolder, temporaryFolder } from "./helpers/temporary-folder.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..");
let world: TemporaryFolder;
let postgres: TestDatabase;
let server: ServerProcess;
let url: URL;
let home: TemporaryFolder;

beforeAll(async () => {
	await buildPlugin(root);
	world = await temporaryFolder();
	postgres = await databases[1].open();
	server = (await serverStarter(world.path))({ DATABASE_URL: postgres.url ?? "" });
	url = await server.address();
});
afterAll(async () => {
	await server[Symbol.asyncDispose]();
	await postgres.close();
	await world[Symbol.asyncDispose]();
});
beforeEach(async () => {
	home = await temporaryFolder();
});
afterEach(() => home[Symbol.asyncDispose]());

const path = async (node: 20 | 24 = 24) => `${await nodeDir(node)}:/usr/bin:/bin`;
const data = () => join(home.path, ".local/share/claude-notify");
const link = () => join(home.path, ".local/bin/claude-notify");
const scriptOf = async (address = url) => (await fetch(new URL("/install.sh", address))).text();

/** The line of the docs, with this shell. */
async function install(options: { shell?: string; args?: string; env?: Record<string, string> } = {}): Promise<Ended> {
	const { shell = "sh", args = "", env = {} } = options;
	const line = `curl -fsSL ${url.origin}/install.sh | ${shell}${args === "" ? "" : ` -s -- ${args}`}`;
	return shellLine(line, env);
}

const shellLine = async (line: string, env: Record<string, string> = {}) =>
	runShellLine(line, { HOME: home.path, PATH: await path(), ...env });
const snapshot = () => snapshotOf(home.path);

it("is plain text that shellcheck has nothing to say about, as sh and as bash (row 16)", async () => {
	const answer = await fetch(new URL("/install.sh", url));
	expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
	const file = join(home.path, "install.sh");
	await writeFile(file, await answer.text());
	for (const shell of ["sh", "bash", "dash"]) {
		expect((await run("shellcheck", ["--severity=style", "-s", shell, file])).stdout).toBe("");
	}
});

it.each(["sh", "bash", "dash"])(
	"installs a command that runs and knows its server, and changes nothing the second time, by %s (row 16)",
	async (shell) => {
		const first = await install({ shell });
		expect(first).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("Installed.") });
		expect(first.stdout).toContain(`Your shell does not look into ${home.path}/.local/bin yet.`);
		const env = { HOME: home.path, PATH: await path() };
		expect((await run(link(), ["--version"], { env })).stdout).toBe(`${version}\n`);
		const asked = await shellLine(`${link()} login +12025550123`);
		expect(asked).toMatchObject({ code: 0, stderr: expect.stringContaining("+1***0123") });
		await rm(join(home.path, ".config"), { recursive: true });
		const before = await snapshot();
		const second = await install({ shell, env: { PATH: `${home.path}/.local/bin:${await path()}` } });
		expect(second).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("nothing was changed") });
		expect(second.stdout).not.toContain("Your shell does not look");
		expect(await snapshot()).toEqual(before);
	},
);

it("touches nothing but its folder and its link, and --uninstall takes both away (row 16)", async () => {
	await writeFile(join(home.path, ".bashrc"), "mine\n");
	await install();
	const others = (await snapshot()).filter((line) => line.includes("/.local") === false);
	expect(others).toHaveLength(1);
	expect(await readFile(join(home.path, ".bashrc"), "utf8")).toBe("mine\n");
	const removed = await install({ args: "--uninstall" });
	expect(removed).toMatchObject({ code: 0, stdout: expect.stringContaining("Removed") });
	await expect(lstat(link())).rejects.toThrow();
	await expect(lstat(data())).rejects.toThrow();
	expect(await install({ args: "--uninstall" })).toMatchObject({
		code: 0,
		stdout: "claude-notify is not installed; nothing was changed.\n",
	});
});

it("takes nothing away that it did not put there, though it stands in its folder (row 16)", async () => {
	const mine = ["notes.txt", "1-of-mine/notes.txt"].map((name) => join(data(), name));
	await mkdir(join(data(), "1-of-mine"), { recursive: true });
	for (const path of mine) await writeFile(path, "mine");
	await install();
	expect(await install({ args: "--uninstall" })).toMatchObject({ code: 0, stdout: expect.stringContaining("stays") });
	expect((await readdir(data())).sort()).toEqual(["1-of-mine", "notes.txt"]);
	for (const path of mine) expect(await readFile(path, "utf8")).toBe("mine");
});

it("runs nothing of a download that was cut, wherever that is (row 16)", async () => {
	const script = await scriptOf();
	const before = await snapshot();
	const file = join(world.path, "cut.sh");
	const lastLine = script.lastIndexOf("main");
	for (let end = 0; end <= lastLine; end += 97) {
		await writeFile(file, script.slice(0, end));
		await shellLine(`sh < ${file}`);
	}
	await writeFile(file, script.slice(0, lastLine));
	await shellLine(`sh < ${file}`);
	expect(await snapshot()).toEqual(before);
});

it("brings a command of before up to date, and keeps that for what still runs (row 16)", async () => {
	const older = ["0.0.1-aaaaaaaaaaaa", "0.0.2-bbbbbbbbbbbb"].map((name) => join(data(), name, "dist"));
	for (const folder of older) {
		await mkdir(folder, { recursive: true });
		for (const name of ["cli.mjs", "command-line.mjs"]) await writeFile(join(folder, name), "");
	}
	await mkdir(join(home.path, ".local/bin"), { recursive: true });
	await symlink(join(older[1] ?? "", "cli.mjs"), link());
	expect(await install()).toMatchObject({ code: 0 });
	const { sha256 } = cliArchive(root, url.href);
	expect((await readdir(data())).sort()).toEqual(["0.0.2-bbbbbbbbbbbb", `${version}-${sha256.slice(0, 12)}`]);
	expect((await run(link(), ["--version"], { env: { PATH: await path() } })).stdout).toBe(`${version}\n`);
});

it.each([
	["a file", (target: string) => writeFile(target, "mine")],
	["a folder", (target: string) => mkdir(target)],
	["a link to elsewhere", (target: string) => symlink("/usr/bin/true", target)],
])("leaves %s of somebody else's alone and says so (row 16)", async (_, make) => {
	await mkdir(join(home.path, ".local/bin"), { recursive: true });
	await make(link());
	const before = await snapshot();
	for (const args of ["", "--uninstall"]) {
		expect(await install({ args })).toMatchObject({ code: 1, stderr: expect.stringContaining("not ours") });
	}
	expect(await snapshot()).toEqual(before);
});

it("makes a second name that does the same, and leaves one of somebody else's alone (row 26)", async () => {
	const second = join(home.path, ".local/bin/cc-fleet-notify");
	await install();
	const env = { HOME: home.path, PATH: await path() };
	for (const words of [["--version"], ["--help"], ["install", "--help"]]) {
		expect(await run(second, words, { env })).toEqual(await run(link(), words, { env }));
	}
	await rm(second);
	await writeFile(second, "mine");
	expect(await install()).toMatchObject({
		code: 0,
		stdout: expect.stringContaining(`${second} is not ours and stays`),
	});
	expect(await install({ args: "--uninstall" })).toMatchObject({ code: 0 });
	expect(await readFile(second, "utf8")).toBe("mine");
	await rm(second);
	await install();
	await install({ args: "--uninstall" });
	await expect(lstat(second)).rejects.toThrow();
});

it("leaves what agents' hooks run from, and says how to end that (row 27)", async () => {
	await install();
	const env = { HOME: home.path, PATH: await path() };
	await run(link(), ["install", "--codex", "--apply"], { env });
	const plugin = join(data(), "plugin");
	expect(await readFile(join(plugin, "server-url"), "utf8")).toBe(`${url.origin}\n`);
	const removed = await install({ args: "--uninstall" });
	expect(removed.stdout).toContain(`To end that: node ${plugin}/cli.cjs uninstall --apply`);
	expect(await readdir(data())).toEqual(["plugin"]);
	await run("node", [join(plugin, "cli.cjs"), "uninstall", "--apply"], { env });
	await expect(lstat(data())).rejects.toThrow();
	await expect(lstat(join(home.path, ".codex"))).rejects.toThrow();
});

it("needs Node 20, says so where there is none or an older one, and installs nothing (row 16)", async () => {
	const tools = join(world.path, "tools");
	await mkdir(tools, { recursive: true });
	for (const name of ["sh", "curl", "cat"]) await symlink(`/usr/bin/${name}`, join(tools, name)).catch(() => undefined);
	const none = await install({ env: { PATH: tools } });
	expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("Node.js 20 or newer is needed") });
	await writeFile(join(tools, "node"), "#!/bin/sh\necho v18.20.1\n", { mode: 0o755 });
	const old = await install({ env: { PATH: tools } });
	expect(old).toMatchObject({ code: 1, stderr: expect.stringContaining("this is v18.20.1") });
	expect(await snapshot()).toEqual([]);
	expect(await install({ env: { PATH: await path(20) } })).toMatchObject({ code: 0 });
});

it("installs no other bytes than those that the script names, and leaves no half behind (row 16)", async () => {
	await using other = await startScriptedServer();
	const address = new URL(other.url);
	const cli = cliArchive(root, address.href);
	other.on(`GET /cli/claude-notify-${version}.tgz`, () => ({ status: 200, body: { not: "the archive" } }));
	const file = join(world.path, "other.sh");
	await writeFile(file, installScript(root, address, cli));
	const ended = await shellLine(`sh ${file}`);
	expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining("is not what the server announced") });
	await other.goDown();
	expect(await shellLine(`sh ${file}`)).toMatchObject({
		code: 1,
		stderr: expect.stringContaining("could not be fetched"),
	});
	expect(await readdir(data())).toEqual([]);
	await expect(lstat(link())).rejects.toThrow();
});

it("has the server's address as one word, whatever is in it (row 16)", async () => {
	const copy = join(world.path, "project");
	await mkdir(join(copy, "server"), { recursive: true });
	await cp(join(root, "server/install.sh"), join(copy, "server/install.sh"));
	const hostile = { origin: `http://127.0.0.1:9'; touch ${home.path}/pwned; '`, href: "http://127.0.0.1:9" } as URL;
	Object.defineProperty(hostile, "toString", { value: () => "http://127.0.0.1:9" });
	const file = join(world.path, "hostile.sh");
	await writeFile(file, installScript(copy, hostile, { version, sha256: "0".repeat(64), tgz: new Uint8Array() }));
	await shellLine(`sh ${file}`);
	expect((await snapshot()).some((line) => line.includes("pwned"))).toBe(false);
	expect((await shellLine(`sh ${file}`)).stdout).toContain("http://127.0.0.1:9'; touch");
});

it.each(["claude-notify-0.0.0.tgz", "..%2fpackage.json", "claude-notify.tgz"])(
	"gives out no other file: %s",
	async (file) => {
		expect((await fetch(new URL(`/cli/${file}`, url))).status).toBe(404);
	},
);
