import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { AuthFile } from "../src/state/auth.ts";
import { type Cli, openCli } from "./helpers/cli.ts";
import { nodeDir } from "./helpers/processes.ts";
import { answerTasks, someTokens, startScriptedServer } from "./helpers/scripted-server.ts";
import { until } from "./helpers/until.ts";

let cli: Cli;
let folder: string;
let node: string;

beforeAll(async () => {
	cli = await openCli();
	folder = join(cli.home, "..");
	node = join(await nodeDir(24), "node");
});

afterAll(() => cli[Symbol.asyncDispose]());

const sh = (script: string) => ["run", "sh", "-c", script];

it("nothing of the environment changes but the task's id; a run inside of it tells nothing of its own (rows W34, W35)", async () => {
	await using server = await startScriptedServer();
	await using paired = await openCli(server.url, cli);
	paired.pair(server.url);
	answerTasks(server);
	const { stdout } = await paired.run(["run", "env"]);
	const plain = Object.entries(paired.env()).map(([name, value]) => `${name}=${value}`);
	const seen = stdout.trim().split("\n");
	expect(seen.filter((line) => !plain.includes(line))).toEqual([
		expect.stringMatching(/^CLAUDE_NOTIFY_TASK_ID=[0-9a-f-]{36}$/),
	]);
	await server.waitFor("PATCH /tasks/*");
	await paired.run(["run", node, paired.script, "run", "sh", "-c", "exit 3"]);
	await server.waitFor("PATCH /tasks/*", 2);
	expect(server.bodies("PATCH /tasks/*")).toMatchObject([{ exit_code: 0 }, { exit_code: 3, title: "node" }]);
});

it("tells the server how it ended, with the end of the output: 20 of 20 have the last line (rows 72, W20, W30)", async () => {
	await using server = await startScriptedServer();
	await using paired = await openCli(server.url, cli);
	paired.pair(server.url);
	answerTasks(server);
	for (let n = 0; n < 20; n++) {
		expect(await paired.run(sh("seq 20000; echo END; exit 3"))).toMatchObject({ code: 3 });
	}
	await server.waitFor("PATCH /tasks/*", 20, 40_000);
	const ends = server.bodies("PATCH /tasks/*").map((body) => Object(body));
	expect(ends.filter(({ tail }) => tail.endsWith("20000\nEND\n"))).toHaveLength(20);
	expect(ends[0]).toMatchObject({
		type: "task_finished",
		title: "sh",
		exit_code: 3,
		signal: null,
		interrupted: false,
		output_bytes: 108_898,
	});
	expect(server.bodies("POST /tasks")[0]).toMatchObject({ cmd: "sh -c seq 20000; echo END; exit 3" });
	await until(
		async () => (await readdir(join(paired.home, "tasks"))).filter((name) => name.endsWith(".json")).length === 0,
		20_000,
		() => "the queue is not empty",
	);
});

it("says interrupted and not failed when the person ended it (row 81)", async () => {
	await using server = await startScriptedServer();
	await using paired = await openCli(server.url, cli);
	paired.pair(server.url);
	answerTasks(server);
	const child = spawn(node, [paired.script, "run", "sh", "-c", "echo ready; exec sleep 60"], { env: paired.env() });
	await once(child.stdout, "data");
	child.kill("SIGINT");
	expect((await once(child, "close"))[0]).toBe(130);
	await server.waitFor("PATCH /tasks/*");
	expect(server.bodies("PATCH /tasks/*")).toMatchObject([{ interrupted: true, signal: "SIGINT", exit_code: null }]);
});

it.each([
	[["--on-fail"], "exit 0", 0],
	[["--on-fail"], "exit 1", 1],
	[["--on-success"], "exit 0", 1],
	[["--on-success"], "exit 1", 0],
	[["--longer-than", "1h"], "exit 1", 0],
	[["--longer-than", "1"], "sleep 1.1", 1],
])("%j with `%s` leaves %i to tell (row W26)", async (flags, script, count) => {
	await using paired = await openCli("http://127.0.0.1:9", cli);
	paired.pair("http://127.0.0.1:9");
	await paired.run(["run", ...flags, "sh", "-c", script]);
	expect((await queued(paired)).length).toBe(count);
});

async function queued({ home }: Cli): Promise<string[]> {
	const names = await readdir(join(home, "tasks")).catch(() => []);
	return names.filter((name) => name.endsWith(".json"));
}

it("a server that is away or never answers changes no code and holds nothing up; the end waits on disk, 0600 (rows 113, W31)", async () => {
	await using server = await startScriptedServer();
	await using paired = await openCli(server.url, cli);
	paired.pair(server.url);
	server.on("POST /tasks", () => new Promise(() => undefined));
	// With --wait, the two seconds are all that it may add.
	const waited = await paired.run(["run", "--wait", "sh", "-c", "exit 5"]);
	expect(waited).toMatchObject({ code: 5, stderr: "" });
	const [name] = await queued(paired);
	expect((await stat(join(paired.home, "tasks", name ?? ""))).mode & 0o777).toBe(0o600);
	expect(await readFile(join(paired.home, "tasks", name ?? ""), "utf8")).not.toContain("access-1");
});

it("an end that waits on disk is sent with the next run, and told once (row W31)", async () => {
	await using server = await startScriptedServer();
	await using paired = await openCli(server.url, cli);
	paired.pair(server.url);
	answerTasks(server);
	await server.goDown();
	await paired.run(["run", "sh", "-c", "exit 5"]);
	expect(await queued(paired)).toHaveLength(1);
	await server.comeBack();
	await server.waitFor("PATCH /tasks/*", 1, 40_000);
	expect(server.bodies("PATCH /tasks/*")).toMatchObject([{ exit_code: 5 }]);
	await until(
		async () => (await queued(paired)).length === 0,
		20_000,
		() => "the queue is not empty",
	);
});

it("without a login nothing is kept and nothing is said; a hidden command leaves neither itself nor its output (rows W29, 141)", async () => {
	await cli.run(["run", "true"]);
	expect(existsSync(join(cli.home, "tasks"))).toBe(false);
	await using paired = await openCli("http://127.0.0.1:9", cli);
	paired.pair("http://127.0.0.1:9");
	await paired.run(["run", "--hide-command", "echo", "hush"]);
	const [name] = await queued(paired);
	const kept = await readFile(join(paired.home, "tasks", name ?? ""), "utf8");
	expect(kept).not.toContain("hush");
	expect(JSON.parse(kept)).toMatchObject({ start: { cmd: null, title: "command" }, end: { tail: "" } });
});

it("as cron runs it: no terminal, and nothing in the environment but HOME (row 213)", async () => {
	await using server = await startScriptedServer();
	await using paired = await openCli(undefined, cli);
	answerTasks(server);
	const home = join(folder, "cron");
	const tokens = someTokens("access-1", new Date(Date.now() + 129_600_000));
	new AuthFile(join(home, ".config/claude-notify"), () => new Date()).pair(server.url, tokens);
	const env = { HOME: home, CLAUDE_NOTIFY_URL: server.url };
	const child = spawn(node, [paired.script, "run", "/bin/sh", "-c", "echo weekly"], {
		env,
		stdio: ["ignore", "pipe", "pipe"],
	});
	const [[code], out] = await Promise.all([once(child, "close"), text(child.stdout)]);
	expect({ code, out }).toEqual({ code: 0, out: "weekly\n" });
	await server.waitFor("PATCH /tasks/*");
	expect(server.bodies("PATCH /tasks/*")).toMatchObject([{ tail: "weekly\n" }]);
});
