import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openCli } from "./helpers/cli.ts";
import { type CliWorld, openCliWorld } from "./helpers/cli-world.ts";
import { stop } from "./helpers/hook-machine.ts";
import { answerNotifications, startScriptedServer } from "./helpers/scripted-server.ts";
import { until } from "./helpers/until.ts";

let all: CliWorld;

beforeAll(async () => {
	all = await openCliWorld();
});

afterAll(() => all[Symbol.asyncDispose]());

const quiet = { code: 0, stdout: "", stderr: "" };
const texts = () => all.world.server.deps.phone?.messages.map(({ text }) => text) ?? [];

it("what an agent's hook leaves comes to the phone by itself, without a terminal's sequences", async () => {
	await all.logIn("+12025550177");
	const input = JSON.stringify(stop("All \u001b[31mgreen\u202e\u0007 now"));
	expect(await all.cli.run(["hook", "Stop", "--cli", "codex"], { input })).toMatchObject(quiet);
	const told = await until(
		() => texts().find((text) => text.includes("codex in billing")),
		30_000,
		() => texts().join("\n"),
	);
	expect(told).toContain("Done: All green now");
	const left = () => readdir(join(all.cli.home, "tasks"));
	await until(
		async () => (await left()).length === 0,
		20_000,
		async () => (await left()).join(", "),
	);
});

it("what is told waits on disk while the server is away, and arrives once when it is back", async () => {
	await using server = await startScriptedServer();
	await using cli = await openCli(server.url, all.cli);
	cli.pair(server.url);
	answerNotifications(server);
	await server.goDown();
	const hook = (text: string) => cli.run(["hook", "Stop", "--cli", "codex"], { input: JSON.stringify(stop(text)) });
	expect(await hook("while it was away")).toMatchObject(quiet);
	await server.comeBack();
	expect(await cli.run(["send-tasks"])).toMatchObject({ code: 0 });
	await server.waitFor("POST /notifications");
	expect(server.bodies("POST /notifications")).toEqual([
		{
			id: expect.any(String),
			title: "codex in billing",
			text: "Done: while it was away",
			hostname: expect.any(String),
		},
	]);
	expect(await readdir(join(cli.home, "tasks"))).toEqual([]);
});

it("what is told by 20 hooks at once arrives 20 times", async () => {
	await using server = await startScriptedServer();
	await using cli = await openCli(server.url, all.cli);
	cli.pair(server.url);
	answerNotifications(server);
	const inputs = Array.from({ length: 20 }, (_, n) => stop(`number ${n}`, { session_id: `session-${n}` }));
	const ended = await Promise.all(
		inputs.map((input) => cli.run(["hook", "Stop", "--cli", "codex"], { input: JSON.stringify(input) })),
	);
	for (const each of ended) expect(each).toMatchObject(quiet);
	await server.waitFor("POST /notifications", 20, 40_000);
	const texts = server.bodies("POST /notifications").map((body) => Object(body).text);
	expect(new Set(texts).size).toBe(20);
	expect(texts).toHaveLength(20);
});
