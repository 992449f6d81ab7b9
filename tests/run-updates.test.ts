import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cli, openCli } from "./helpers/cli.ts";
import { nodeDir, signalIfAlive } from "./helpers/processes.ts";
import { answerTasks, type ScriptedServer, startScriptedServer } from "./helpers/scripted-server.ts";
import { inShell } from "./helpers/shell-terminal.ts";
import { until } from "./helpers/until.ts";

const updates = "POST /tasks/*/updates";

let built: Cli;
let node: string;

beforeAll(async () => {
	built = await openCli();
	node = join(await nodeDir(24), "node");
});
afterAll(() => built[Symbol.asyncDispose]());

async function paired(work: (cli: Cli, server: ScriptedServer) => Promise<void>): Promise<void> {
	await using server = await startScriptedServer();
	await using cli = await openCli(server.url, built);
	cli.pair(server.url);
	answerTasks(server);
	await work(cli, server);
}

const sh = (script: string) => ["sh", "-c", script];

describe("a command that runs", () => {
	it("tells of a line that matches, and of its end when both are asked for (rows 74, W24)", async () => {
		await paired(async (cli, server) => {
			const flags = ["--notify-on", "exit,regex", "--pattern", "epoch (\\d+)"];
			const script = "for n in 1 2 3; do echo step; echo epoch $n; done; sleep 1; exit 4";
			expect(await cli.run(["run", ...flags, ...sh(script)])).toMatchObject({ code: 4, stderr: "" });
			await server.waitFor("PATCH /tasks/*");
			expect(server.bodies(updates)).toMatchObject([{ kind: "regex", text: "epoch 1", title: "sh" }]);
			expect(server.bodies("POST /tasks")[0]).toMatchObject({ notify_on: ["exit", "regex"] });
		});
	});

	it("with regex alone says nothing of its end (rows 74, W24)", async () => {
		await paired(async (cli, server) => {
			const flags = ["--notify-on", "regex", "--pattern", "^ready$"];
			expect(await cli.run(["run", ...flags, ...sh("echo ready; sleep 1.5; exit 3")])).toMatchObject({ code: 3 });
			await server.waitFor(updates);
			expect(server.bodies("PATCH /tasks/*")).toEqual([]);
		});
	});

	it("refuses a pattern that is none before anything runs (row W24)", async () => {
		const given = ["run", "--notify-on", "regex", "--pattern", "(a", ...sh("echo ran")];
		expect(await built.run(given)).toMatchObject({
			code: 125,
			stdout: "",
			stderr: expect.stringContaining("--pattern cannot be understood"),
		});
	});

	it("tells every so often what it printed since (rows 74, W25)", async () => {
		await paired(async (cli, server) => {
			const flags = ["--notify-on", "partial,exit", "--every", "1s"];
			await cli.run(["run", ...flags, ...sh("echo one; sleep 1.6; echo two; sleep 3")]);
			await server.waitFor("PATCH /tasks/*");
			const texts = server.bodies(updates).map((body) => Object(body).text);
			expect(texts[0]).toBe("one\n");
			expect(texts).toContain("two\n");
			// Nothing new is nothing to tell.
			expect(texts).toHaveLength(2);
		});
	});

	it("tells every so many lines (row W25)", async () => {
		await paired(async (cli, server) => {
			await cli.run(["run", "--notify-on", "partial", "--every", "100-lines", ...sh("seq 250; sleep 1.5")]);
			await server.waitFor(updates);
			expect(Object(server.bodies(updates)[0]).text).toMatch(/\n100\n/);
		});
	});

	it("says that it begins, and every second that it runs: in 5 s at most 5 times (rows 77, 78, 142)", async () => {
		await paired(async (cli, server) => {
			const flags = ["--start-notice", "--notify-interval", "1s"];
			await cli.run(["run", ...flags, "sleep", "4.7"]);
			await server.waitFor("PATCH /tasks/*");
			const told = server.bodies(updates).map((body) => Object(body));
			expect(told[0]).toMatchObject({ kind: "started", text: "sleep 4.7" });
			const running = told.filter(({ kind }) => kind === "running");
			expect(running.length).toBeGreaterThanOrEqual(1);
			expect(running.length).toBeLessThanOrEqual(5);
			expect(running.map(({ running_ms }) => running_ms).every((ms, at, all) => at === 0 || ms > all[at - 1])).toBe(
				true,
			);
		});
	});

	it("without these options says nothing before its end (rows 77, 78)", async () => {
		await paired(async (cli, server) => {
			await cli.run(["run", "sleep", "1.2"]);
			await server.waitFor("PATCH /tasks/*");
			expect(server.bodies(updates)).toEqual([]);
		});
	});

	it("keeps of what waits for a server that is away the newest only, and drops what its end makes old (row W31)", async () => {
		await using cli = await openCli("http://127.0.0.1:9", built);
		cli.pair("http://127.0.0.1:9");
		const flags = ["--notify-interval", "1s", "--notify-on", "partial,exit,regex", "--every", "1s", "--pattern", "^4$"];
		const script = "for n in 1 2 3 4; do echo $n; sleep 0.8; done; exit 6";
		expect(await cli.run(["run", ...flags, ...sh(script)])).toMatchObject({ code: 6, stderr: "" });
		const names = (await readdir(join(cli.home, "tasks"))).filter((name) => name.endsWith(".json")).sort();
		const kept = await Promise.all(
			names.map(async (name) => JSON.parse(await readFile(join(cli.home, "tasks", name), "utf8"))),
		);
		expect(kept).toMatchObject([{ update: { kind: "regex", text: "4" } }, { end: { exit_code: 6 } }]);
	});

	it("sends the person's own words, and to the one address that they name (rows 138, 142)", async () => {
		await paired(async (cli, server) => {
			await cli.run(["run", "--message", "come back", "--notify-user", "me@example.com", "echo", "hi"]);
			await server.waitFor("PATCH /tasks/*");
			expect(server.bodies("POST /tasks")).toMatchObject([{ notify_user: "me@example.com" }]);
			expect(server.bodies("PATCH /tasks/*")).toMatchObject([{ message: "come back" }]);
		});
	});

	it("says what the server refused: with --wait at once, else with the next command (row 142)", async () => {
		await paired(async (cli, server) => {
			const body = { error: "invalid_request", message: "none of your own channels\u001b[2J", request_id: "r" };
			server.on("POST /tasks", () => ({ status: 400, body }));
			const words = ["--notify-user", "mallory@example.com", "true"];
			const refused = "claude-notify: the server refused to tell: none of your own channels\n";
			expect(await cli.run(["run", "--wait", ...words])).toMatchObject({ code: 0, stderr: refused });
			expect(await cli.run(["run", ...words])).toMatchObject({ code: 0, stderr: "" });
			await server.waitFor("POST /tasks", 2);
			await until(
				() => existsSync(join(cli.home, "tasks/refused")),
				20_000,
				() => "no refusal was kept",
			);
			answerTasks(server);
			expect(await cli.run(["run", "true"])).toMatchObject({ code: 0, stderr: refused });
			expect(await cli.run(["run", "true"])).toMatchObject({ code: 0, stderr: "" });
		});
	});

	it("says so where the output of a terminal cannot be read (row W24)", async () => {
		await paired(async (cli) => {
			await inShell(cli, async ({ type, shows }) => {
				await type(`'${node}' '${cli.script}' run --notify-on regex --pattern x echo tex""t`);
				await shows(/the output of this terminal cannot be read[\s\S]*text/);
			});
		});
	});
});

describe("a process that is watched", () => {
	it("is told when it has gone, without a code that nobody knows (row W28)", async () => {
		await paired(async (cli, server) => {
			const other = spawn("sleep", ["1.5"]);
			expect(await cli.run(["run", "--pid", String(other.pid)])).toMatchObject({ code: 0, stdout: "", stderr: "" });
			expect(other.exitCode).toBe(0);
			await server.waitFor("PATCH /tasks/*");
			expect(server.bodies("PATCH /tasks/*")).toMatchObject([
				{ title: `process ${other.pid}`, exit_code: null, signal: null, interrupted: false },
			]);
		});
	});

	it("that is not there is refused; one that is no longer watched is told nothing of (row W28)", async () => {
		await paired(async (cli, server) => {
			expect(await cli.run(["run", "--pid", "4194304"])).toMatchObject({
				code: 127,
				stderr: "claude-notify: there is no process 4194304.\n",
			});
			const other = spawn("sleep", ["60"]);
			const watch = spawn(node, [cli.script, "run", "--pid", String(other.pid)], { env: cli.env() });
			await new Promise((resolve) => setTimeout(resolve, 1000));
			watch.kill("SIGINT");
			expect((await once(watch, "close"))[0]).toBe(130);
			signalIfAlive(other.pid ?? 0, "SIGKILL");
			expect(server.bodies("PATCH /tasks/*")).toEqual([]);
		});
	});
});

it("unpaired, it opens no connection and keeps nothing; paired, the same trap sees one (row 141)", async () => {
	const folder = join(built.home, "..");
	const trap = join(folder, "trap.cjs");
	await writeFile(
		trap,
		`require("node:net").Socket.prototype.connect = () => {
			require("node:fs").appendFileSync(${JSON.stringify(`${folder}/connections`)}, "one");
			throw new Error("no connections here");
		};`,
	);
	const env = { NODE_OPTIONS: `--require=${trap}` };
	expect(await built.run(["run", "--wait", "--start-notice", "true"], { env })).toMatchObject({ code: 0 });
	expect(existsSync(join(folder, "connections"))).toBe(false);
	expect(existsSync(join(built.home, "tasks"))).toBe(false);
	// Not port 9: fetch refuses that before it connects.
	const server = "http://127.0.0.1:49151";
	await using cli = await openCli(server, built);
	cli.pair(server);
	await cli.run(["run", "--wait", "true"], { env });
	expect(existsSync(join(folder, "connections"))).toBe(true);
});
