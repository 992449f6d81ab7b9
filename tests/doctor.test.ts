import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { writeClientFile } from "../src/state/client-files.ts";
import type { Cli } from "./helpers/cli.ts";
import { type CliWorld, openCliWorld } from "./helpers/cli-world.ts";
import { initialize, startCompanion } from "./helpers/companion-process.ts";
import { doctorMachine, enabled, healthy, scriptedMachine, telegram } from "./helpers/doctor-machine.ts";
import { refusal, startScriptedServer } from "./helpers/scripted-server.ts";

let all: CliWorld;
let world: CliWorld["world"];
let built: Cli;

beforeAll(async () => {
	all = await openCliWorld();
	({ world, cli: built } = all);
});

afterAll(() => all[Symbol.asyncDispose]());

const logIn = (cli: Cli, contact = "+12025550123") => all.logIn(contact, cli);

it("finds no fault on a machine that has none, against the real server, and ends with 0", async () => {
	const { cli, examine, read } = await doctorMachine(built, world.server.url.origin);
	await logIn(cli);
	await cli.run(["test"]);
	const { code, checks } = await examine();
	const text = await read();
	expect(code, text).toBe(0);
	expect(Object.keys(checks)).toEqual([
		...["node", "claude", "plugin", "companion", "inbox", "server", "clock", "login", "sms"],
	]);
	expect(checks["claude"]?.text).toContain("2.1.329");
	expect(checks["sms"]?.text).toMatch(/^\+1\*\*\*0123; last message (sent|delivered), /);
	expect(text).toMatch(/^ok {5}node /);
	expect(text).toMatch(/\nNo fault found\.\n$/);
	expect(text).not.toContain("12025550123");
});

describe("each fault ends with 1 and names its cure:", () => {
	it("Claude Code is not there", async () => {
		const { cli } = await doctorMachine(built, world.server.url.origin);
		const { stdout, code } = await cli.run(["doctor"]);
		expect(code).toBe(1);
		expect(stdout).toMatch(/FAULT +claude +Claude Code is not on PATH.*\n +Cure: Install it/);
		expect(stdout).toMatch(/^- +plugin/m);
	});

	it.each([
		[[], "not installed", "claude plugin install notify@claude-notify"],
		[[{ ...enabled[0], enabled: false }], "is disabled", "claude plugin enable notify@claude-notify"],
		[[{ ...enabled[0], errors: ["hooks.json is broken"] }], "hooks.json is broken", "claude plugin update"],
	])("the plugin's state %j", async (plugins, words, cure) => {
		const { examine } = await doctorMachine(built, world.server.url.origin, plugins);
		const { code, checks } = await examine();
		expect(code).toBe(1);
		expect(checks["plugin"]).toMatchObject({ state: "fault", text: expect.stringContaining(words) });
		expect(checks["plugin"]?.cure).toContain(cure);
	});

	it("an open session without its companion; with it there is none", async () => {
		const { cli, examine } = await scriptedMachine(built);
		const lonely = spawn("/bin/sleep", ["60"], { stdio: "ignore" });
		onTestFinished(() => void lonely.kill());
		writeClientFile(cli.home, Number(lonely.pid), { session_id: "s", source: "startup", cwd: "/w" });
		const { checks } = await examine();
		expect(checks["companion"]).toMatchObject({ state: "fault", text: expect.stringContaining(String(lonely.pid)) });
		expect(checks["companion"]?.cure).toContain("/mcp");
		lonely.kill();
		// The companion's parent is its client: here the test itself.
		const env = { CLAUDE_NOTIFY_HOME: cli.home, HOME: cli.home };
		await using companion = await startCompanion(join(built.script, ".."), { env });
		await initialize(companion);
		writeClientFile(cli.home, process.pid, { session_id: "s", source: "startup", cwd: "/w" });
		expect((await examine()).checks["companion"]).toMatchObject({
			state: "ok",
			text: "hooks reach it in 1 open session(s)",
		});
	});

	it("the client's settings keep messages out, or its session's inbox does not answer", async () => {
		const { cli, examine } = await scriptedMachine(built);
		const folder = join(cli.home, "..", ".claude");
		const gone = await examine({ CLAUDE_CODE_MESSAGING_SOCKET: join(cli.home, "gone.sock") });
		expect(gone.checks["inbox"]).toMatchObject({ state: "fault", cure: expect.stringContaining("--continue") });
		await mkdir(folder);
		await writeFile(join(folder, "settings.json"), '{"crossSessionInbound":"refuse"}');
		const { code, checks } = await examine();
		expect(code).toBe(1);
		expect(checks["inbox"]).toMatchObject({ state: "fault", cure: expect.stringContaining("crossSessionInbound") });
	});

	it("no server, an address that cannot be used, or something else behind it", async () => {
		const { server, examine } = await scriptedMachine(built);
		const plain = (await examine({ CLAUDE_NOTIFY_URL: "http://notify.example.com" })).checks;
		expect(plain["server"]).toMatchObject({ state: "fault", text: expect.stringContaining("must be https") });
		const stranger = createServer((_, response) => response.end("<html>")).listen(0, "127.0.0.1");
		onTestFinished(() => void stranger.close());
		await new Promise((listening) => stranger.once("listening", listening));
		const { port } = Object(stranger.address());
		const wrong = (await examine({ CLAUDE_NOTIFY_URL: `http://127.0.0.1:${port}` })).checks;
		expect(wrong["server"]?.text).toContain("is not a claude-notify server");
		await server.goDown();
		const { code, checks } = await examine();
		expect(code).toBe(1);
		expect(checks["server"]).toMatchObject({ text: expect.stringContaining("ECONNREFUSED"), state: "fault" });
		expect(checks["server"]?.cure).toContain("npm start");
		expect([checks["login"]?.state, checks["channels"]?.state]).toEqual(["skipped", "skipped"]);
	});

	it.each([
		[-3_600_000, "ahead of"],
		[600_000, "behind"],
	])("a clock that is wrong: the server's is %i ms away", async (offset, words) => {
		const { server, examine } = await scriptedMachine(built);
		healthy(server, new Date(Date.now() + offset));
		const { code, checks } = await examine();
		expect(code).toBe(1);
		expect(checks["clock"]).toMatchObject({ state: "fault", cure: expect.stringContaining("timedatectl") });
		expect(checks["clock"]?.text).toContain(words);
		expect(checks["login"]?.state).toBe("ok");
	});

	it("no login, or one that was revoked", async () => {
		const { cli, examine, read } = await doctorMachine(built, world.server.url.origin);
		const none = await examine();
		expect(none.code).toBe(1);
		expect(none.checks["login"]).toMatchObject({ text: expect.stringContaining("Not paired yet"), state: "fault" });
		const text = await read();
		expect(text).toContain(`Cure: ${none.checks["login"]?.cure}`);
		expect(text).not.toContain("/notify-");
		await using revoked = await startScriptedServer();
		healthy(revoked);
		revoked.on("GET /status", () => refusal(401, "unauthorized", "The login was ended."));
		revoked.on("POST /auth/refresh", () => refusal(401, "unauthorized", "The login was ended."));
		cli.pair(revoked.url);
		const { code, checks } = await examine({ CLAUDE_NOTIFY_URL: revoked.url });
		expect(code).toBe(1);
		expect(checks["login"]).toMatchObject({ state: "fault", cure: "claude-notify login" });
		expect(checks["login"]?.text).toContain("has ended");
	});

	it("no channel, one that is switched off, one whose last message failed", async () => {
		const delivery = { id: telegram.id, channel: "telegram", channel_title: "Telegram", address_masked: "@an***" };
		const failed = {
			...delivery,
			state: "dead",
			error: "The bot was blocked.",
			updated_at: "2026-11-20T14:03:00.000Z",
		};
		const empty = await scriptedMachine(built, []);
		expect((await empty.examine()).checks["channels"]).toMatchObject({ state: "fault", cure: "claude-notify login" });
		const off = await scriptedMachine(built, [
			{ ...telegram, opted_out: true, opted_out_hint: "Send /start.", last_delivery: null },
		]);
		expect((await off.examine()).checks["telegram"]).toMatchObject({ state: "fault", cure: "Send /start." });
		const dead = await scriptedMachine(built, [{ ...telegram, last_delivery: failed }]);
		const { code, checks } = await dead.examine();
		expect(code).toBe(1);
		expect(checks["telegram"]?.text).toContain("The bot was blocked.");
		expect(checks["telegram"]?.cure).toContain("claude-notify test");
	});
});
