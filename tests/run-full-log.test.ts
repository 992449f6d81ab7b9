import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { desc } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { taskLogs } from "../server/db/schema.ts";
import { logLink } from "../server/domain/tasks/log-link.ts";
import { openLog } from "../server/domain/tasks/read-log.ts";
import { type Cli, openCli } from "./helpers/cli.ts";
import { type CliWorld, openCliWorld } from "./helpers/cli-world.ts";
import { refusal, type ScriptedServer, startScriptedServer } from "./helpers/scripted-server.ts";
import { until } from "./helpers/until.ts";

let all: CliWorld;
let database: CliWorld["database"];
let world: CliWorld["world"];
let cli: Cli;

beforeAll(async () => {
	all = await openCliWorld();
	({ database, world, cli } = all);
	await all.logIn("me@example.com");
});

afterAll(() => all[Symbol.asyncDispose]());

const fullLog = (script: string) => ["run", "--full-log", "sh", "-c", script];
const queued = async (home: string) =>
	(await readdir(join(home, "tasks")).catch(() => [])).filter((name) => /\.(log|json)$/.test(name));

/** The newest log, once there are so many. */
function stored(count: number) {
	return until(
		async () => {
			const rows = await database.db.select().from(taskLogs).orderBy(desc(taskLogs.createdAt));
			return rows.length >= count && rows[0]?.storedAt !== null ? rows[0] : undefined;
		},
		30_000,
		() => "no log came",
	);
}

it("--full-log keeps the whole output on the server, without escape sequences and secrets, and nothing on the machine (row 93)", async () => {
	const script = `seq 30000; printf '\\033[31mred\\033[0m\\n'; echo token=ghp_${"a".repeat(36)}; echo err >&2; exit 3`;
	const ended = await cli.run(fullLog(script));
	expect(ended).toMatchObject({ code: 3, stderr: "err\n" });
	expect(ended.stdout).toContain("ghp_aaaa");
	const { id, bytes } = await stored(1);
	const { deps } = world.server;
	const parts: Uint8Array[] = [];
	for await (const part of (await openLog(deps, id, logLink(deps, id))).text) parts.push(part);
	const text = Buffer.concat(parts).toString("utf8");
	const numbers = Array.from({ length: 30_000 }, (_, n) => `${n + 1}\n`).join("");
	expect(text.startsWith(numbers)).toBe(true);
	expect(text.slice(numbers.length).split("\n").sort()).toEqual(["", "err", "red", "token=ghp_***"]);
	expect(bytes).toBe(Buffer.byteLength(text));
	await until(
		async () => (await queued(cli.home)).length === 0,
		20_000,
		() => "something is left",
	);
});

it("of more than 10 MB it sends hash and length of all that was printed (row 190)", async () => {
	await cli.run(fullLog("yes 0123456789 | head -c 11000000"));
	const all = Buffer.alloc(11_000_000, "0123456789\n");
	const sha256 = createHash("sha256").update(all).digest("hex");
	expect(await stored(2)).toMatchObject({ bytes: 11_000_000, sha256, chunks: 0 });
});

function answerTasks(server: ScriptedServer): void {
	server.on("POST /tasks", ({ body }) => ({ status: 201, body: { task_id: Object(body).id } }));
	server.on("PATCH /tasks/*", ({ body }) => ({
		status: 200,
		body: { id: Object(body).task_id, outcome: "queued", why: null, channels: ["sms"], next_allowed_at: null },
	}));
}
const taken = { sha256: "a".repeat(64), bytes: 1, kept: true, stored_at: new Date().toISOString() };

it("a server that is away has the log later, and 0600 until then", async () => {
	await using server = await startScriptedServer();
	await using paired = await openCli(server.url, cli);
	paired.pair(server.url);
	answerTasks(server);
	let away = true;
	server.on("PUT /tasks/*/log", () => (away ? refusal(503, "unavailable") : { status: 200, body: taken }));
	await paired.run(fullLog("echo x"));
	await server.waitFor("PUT /tasks/*/log");
	const names = await queued(paired.home);
	expect(names.map((name) => name.slice(-4)).sort()).toEqual([".log", "json"]);
	for (const name of names) expect((await stat(join(paired.home, "tasks", name))).mode & 0o777).toBe(0o600);
	away = false;
	await server.waitFor("PUT /tasks/*/log", 2, 30_000);
	await until(
		async () => (await queued(paired.home)).length === 0,
		20_000,
		() => "something is left",
	);
});

it("a server whose plan has no full logs is told the end all the same (row 93)", async () => {
	await using server = await startScriptedServer();
	await using paired = await openCli(server.url, cli);
	paired.pair(server.url);
	answerTasks(server);
	server.on("PUT /tasks/*/log", () => refusal(402, "plan_required"));
	await paired.run(fullLog("echo x; exit 4"));
	await server.waitFor("PUT /tasks/*/log");
	expect(server.bodies("PATCH /tasks/*")).toMatchObject([{ exit_code: 4, tail: "x\n" }]);
	await until(
		async () => (await queued(paired.home)).length === 0,
		20_000,
		() => "something is left",
	);
});

it("what is not told leaves no log behind, nor does a run that was killed a week ago", async () => {
	await using server = await startScriptedServer();
	await using paired = await openCli(server.url, cli);
	paired.pair(server.url);
	answerTasks(server);
	expect(await paired.run(["run", "--full-log", "--on-fail", "echo", "x"])).toMatchObject({ code: 0 });
	expect(await paired.run(["run", "--full-log", "no-such-command"])).toMatchObject({ code: 127 });
	expect(await paired.run(["run", "--full-log", "--hide-command", "true"])).toMatchObject({ code: 0 });
	await server.waitFor("PATCH /tasks/*");
	expect(server.bodies("PUT /tasks/*/log")).toEqual([]);
	expect((await queued(paired.home)).filter((name) => name.endsWith(".log"))).toEqual([]);
	const [old, recent] = ["old", "recent"].map((name) => join(paired.home, "tasks", `${name}.log`));
	for (const path of [old, recent]) await writeFile(path ?? "", "x");
	await utimes(old ?? "", 1, 1);
	await paired.run(["run", "true"]);
	await server.waitFor("PATCH /tasks/*", 2);
	expect([existsSync(old ?? ""), existsSync(recent ?? "")]).toEqual([false, true]);
});
