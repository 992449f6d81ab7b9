import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cli, openCli } from "./helpers/cli.ts";
import { type FakePrograms, fakePrograms } from "./helpers/fake-programs.ts";
import { startNotificationDaemon } from "./helpers/notification-daemon.ts";
import { nodeDir } from "./helpers/processes.ts";
import { startScriptedServer } from "./helpers/scripted-server.ts";
import { until } from "./helpers/until.ts";

let cli: Cli;
let fakes: FakePrograms;

beforeAll(async () => {
	cli = await openCli();
	fakes = await fakePrograms();
	await fakes.add("notify-send", { prints: "7" });
	await fakes.add("pw-play");
});

afterAll(async () => {
	await fakes[Symbol.asyncDispose]();
	await cli[Symbol.asyncDispose]();
});

const hostile = '$(touch pwned)";x';
const calls = async (name: string) => (await fakes.calls(name)).map(({ args }) => args);

it("notify --desktop takes --title, --message and --sound, each with a sensible default (row 138)", async () => {
	const sound = join(fakes.path, "done.wav");
	await writeFile(sound, "");
	const env = { PATH: fakes.path, DBUS_SESSION_BUS_ADDRESS: "unix:path=/bus" };
	const told = await cli.run(
		["notify", "--desktop", "--title", "backup", "--message", "all there", `--sound=${sound}`],
		{ env },
	);
	expect(told).toMatchObject({ code: 0, stdout: "Shown on this computer.\n", stderr: "" });
	expect(await calls("notify-send")).toEqual([
		["-a", "claude-notify", "-p", "-u", "normal", "--", "backup", "all there"],
	]);
	await until(
		async () => (await calls("pw-play")).length > 0,
		5000,
		() => "no sound was played",
	);
	expect(await calls("pw-play")).toEqual([[sound]]);
	const plain = await cli.run(["notify", "--desktop", "--json", "just", "words"], { env });
	expect(JSON.parse(plain.stdout)).toEqual({ shown: "desktop" });
	expect((await calls("notify-send")).at(-1)?.slice(-2)).toEqual([expect.stringMatching(/./), "just words"]);
	expect(await cli.run(["notify", "--desktop", "--sound", "gone.wav", "x"], { env })).toMatchObject({
		code: 2,
		stderr: expect.stringMatching(/^There is no sound file \/.*gone\.wav\n$/),
	});
	expect(await cli.run(["notify", "--desktop", "--title", "x"], { env })).toMatchObject({ code: 2 });
});

it("a message that looks like a command never reaches a shell (row 140)", async () => {
	await using daemon = await startNotificationDaemon();
	const told = await cli.run(["notify", "--desktop", "--title=-x", "--message", hostile], { env: daemon.env });
	expect(told).toMatchObject({ code: 0, stderr: "" });
	expect(daemon.notes).toEqual([expect.objectContaining({ summary: "-x", body: hostile })]);
	const folder = join(cli.home, "..");
	expect(existsSync(join(folder, "pwned"))).toBe(false);
	expect((await readdir(folder)).filter((name) => name.includes("pwned"))).toEqual([]);
});

it.each([20, 24] as const)("notes of one group take each other's place, on Node %i too (row 139)", async (node) => {
	await using daemon = await startNotificationDaemon();
	for (const text of ["1 of 2", "2 of 2"]) {
		await cli.run(["notify", "--desktop", "--group", `copy-${node}`, text], { node, env: daemon.env });
	}
	const [first, second] = daemon.notes;
	expect([first?.body, second?.body]).toEqual(["1 of 2", "2 of 2"]);
	expect(second?.replaces).toBe(first?.id);
});

it("notify --desktop needs no login and makes no connection (row 141)", async () => {
	await using server = await startScriptedServer();
	await using daemon = await startNotificationDaemon();
	const spy = join(fakes.path, "spy.cjs");
	const seen = [
		"const net = require('node:net'); const dns = require('node:dns'); const dgram = require('node:dgram');",
		"const say = (what) => (...args) => { process.stderr.write(`NETWORK ${what}\\n`); throw new Error(what); };",
		"net.Socket.prototype.connect = say('connect'); dns.lookup = say('lookup');",
		"dgram.createSocket = say('datagram'); globalThis.fetch = say('fetch');",
	];
	await writeFile(spy, seen.join("\n"));
	const env = { ...daemon.env, CLAUDE_NOTIFY_URL: server.url, NODE_OPTIONS: `--require=${spy}` };
	expect(await cli.run(["notify", "--desktop", "offline"], { env })).toMatchObject({ code: 0, stderr: "" });
	expect(daemon.notes).toHaveLength(1);
	expect(server.requests).toEqual([]);
	// The spy does see what goes out.
	cli.pair(server.url);
	expect((await cli.run(["notify", "online"], { env })).stderr).toContain("NETWORK fetch");
});

it("over SSH the terminal itself is told, also when the output goes elsewhere (row 139)", async () => {
	const node = join(await nodeDir(24), "node");
	const line = `'${node}' '${cli.script}' notify --desktop --title nas done >'${fakes.path}/out' 2>&1`;
	const env = cli.env({ SSH_CONNECTION: "192.0.2.1 1 192.0.2.2 22", TERM: "xterm-256color", SHELL: "/bin/sh" });
	const { stdout } = await promisify(execFile)("script", ["-qec", line, "/dev/null"], { env });
	expect(stdout).toBe("\u001b]9;nas: done\u0007\u0007");
	expect(await readFile(join(fakes.path, "out"), "utf8")).toBe("There is no desktop here: the terminal was told.\n");
});

it("inside of tmux the note gets through to the terminal around it (row 139)", async () => {
	const node = join(await nodeDir(24), "node");
	const inside = join(fakes.path, "inside.sh");
	// tmux has to draw once more before its last window closes.
	await writeFile(inside, `'${node}' '${cli.script}' notify --desktop --title nas done\nsleep 1\n`);
	const start = ["start-server", "set -g allow-passthrough on", `new-session 'sh ${inside}'`].join(" \\; ");
	const line = `tmux -S '${join(fakes.path, "tmux")}' -f /dev/null ${start}`;
	const env = cli.env({ SSH_CONNECTION: "192.0.2.1 1 192.0.2.2 22", TERM: "xterm-256color", SHELL: "/bin/sh" });
	const { stdout } = await promisify(execFile)("script", ["-qec", line, "/dev/null"], { env });
	expect(stdout).toContain("\u001b]9;nas: done\u0007");
});

it("without a desktop and without a terminal it says so and ends with 1 (row 139)", async () => {
	const node = join(await nodeDir(24), "node");
	const words = [node, cli.script, "notify", "--desktop", "done"];
	// setsid takes the controlling terminal away, as in a cron job.
	const none = cli.env({ PATH: "/nowhere" });
	expect(await promisify(execFile)("/usr/bin/setsid", ["--wait", ...words], { env: none }).catch(Object)).toMatchObject(
		{
			code: 1,
			stdout: "There is neither a desktop nor a terminal here.\n",
		},
	);
});
