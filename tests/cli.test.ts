import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { version } from "../src/version.ts";
import { type Cli, openCli } from "./helpers/cli.ts";
import { type CliWorld, openCliWorld } from "./helpers/cli-world.ts";
import { codeIn, wrongCode } from "./helpers/login.ts";
import { refusal, startScriptedServer } from "./helpers/scripted-server.ts";
import { until } from "./helpers/until.ts";

let all: CliWorld;
let world: CliWorld["world"];
let cli: Cli;

beforeAll(async () => {
	all = await openCliWorld();
	({ world, cli } = all);
});

afterAll(() => all[Symbol.asyncDispose]());

const lastText = () => all.lastText();

it.each([20, 24] as const)(
	"the bundle runs without node_modules on Node %i and says its version (row 15)",
	async (node) => {
		expect(await cli.run(["--version"], { node })).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
		expect(await cli.run(["version", "--json"], { node })).toMatchObject({
			code: 0,
			stdout: `{"version":"${version}"}\n`,
		});
		const help = await cli.run(["--help"], { node });
		expect(help).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("login") });
	},
);

it("the bundle begins as a script does, so that npm can link it (row 15)", async () => {
	expect(await readFile(cli.script, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
});

it.each([
	[[], "COMMANDS"],
	[["frobnicate"], "There is no command frobnicate. claude-notify --help lists them."],
	[["status", "--jsn"], "There is no option --jsn. See --help."],
	[["login", "--code", "12345"], "The code has 6 digits: claude-notify login --code 123456"],
	[["login"], "There is no browser here. Use claude-notify login +15551234567"],
])("a command line that cannot be understood (%j) ends with 2, and stdout stays empty", async (args, words) => {
	expect(await cli.run(args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining(words) });
});

it("without a login it ends with 3 and names the cure; --json says so to programs too", async () => {
	await using fresh = await openCli(world.server.url.origin);
	const message = "Not paired yet. Run claude-notify login first.";
	expect(await fresh.run(["whoami"])).toMatchObject({ code: 3, stdout: "", stderr: `${message}\n` });
	const asJson = await fresh.run(["status", "--json"]);
	expect(JSON.parse(asJson.stdout)).toEqual({ error: "not_paired", message });
	expect(asJson).toMatchObject({ code: 3, stderr: `${message}\n` });
});

it("a wrong code ends with 1 and stores nothing; the right one logs in, 0600, and whoami knows (rows 18, 42, 46)", async () => {
	const asked = await cli.run(["login", "+12025550199"]);
	expect(asked).toMatchObject({ code: 0, stdout: "Then: claude-notify login --code 123456\n" });
	expect(asked.stderr).toContain("A code is on its way to +1***0199 by SMS.");
	const code = codeIn(lastText());
	const wrong = await cli.run(["login", "--code", wrongCode(code)]);
	expect(wrong).toMatchObject({ code: 1, stdout: "" });
	expect(wrong.stderr).not.toContain("/notify-");
	expect(existsSync(join(cli.home, "auth.json"))).toBe(false);
	expect(await cli.run(["login", "--code", code])).toMatchObject({
		code: 0,
		stdout: "Paired with +1***0199 by SMS.\n",
	});
	expect((await stat(join(cli.home, "auth.json"))).mode & 0o777).toBe(0o600);
	expect((await stat(cli.home)).mode & 0o777).toBe(0o700);
	const { stdout } = await cli.run(["whoami", "--json"]);
	expect(JSON.parse(stdout)).toMatchObject({ channel: "sms", address_masked: "+1***0199" });
});

it("status, sessions and test tell what the server knows, as lines and as JSON", async () => {
	const status = await cli.run(["status"]);
	expect(status).toMatchObject({ code: 0, stderr: "" });
	expect(status.stdout).toContain("To: +1***0199 by SMS (simulated phone)");
	expect(JSON.parse((await cli.run(["status", "--json"])).stdout)).toMatchObject({ sessions: [], channels: [{}] });
	expect(await cli.run(["sessions"])).toMatchObject({ code: 0, stdout: "No session is monitored.\n" });
	expect(JSON.parse((await cli.run(["sessions", "--json"])).stdout)).toEqual([]);
	const told = await cli.run(["test"]);
	expect(told).toMatchObject({ code: 0, stdout: expect.stringContaining("+1***0199 by SMS: ") });
	expect(`${status.stdout}${told.stdout}`).not.toContain("12025550199");
});

it("notify rings the phone with any text, under the machine's name or a title", async () => {
	expect(await cli.run(["notify", "backup", "is done"])).toMatchObject({ code: 0, stdout: "On its way by sms.\n" });
	const told = await cli.run(["notify", "--title", "nas", "--json", "$(touch pwned)"]);
	expect(JSON.parse(told.stdout)).toMatchObject({ outcome: "queued", channels: ["sms"] });
	const texts = () => world.server.deps.phone?.messages.map(({ text }) => text) ?? [];
	await until(
		() => texts().some((text) => text.startsWith("nas\n$(touch pwned)")),
		30_000,
		() => texts().join("\n"),
	);
	expect(texts().some((text) => text.includes("\nbackup is done"))).toBe(true);
	expect(await cli.run(["notify"])).toMatchObject({ code: 2, stdout: "" });
	expect(await cli.run(["notify", "--channels", "pigeon", "x"])).toMatchObject({
		code: 1,
		stderr: expect.stringContaining("this server has no channel pigeon"),
	});
});

it("logout revokes the login and removes it from the disk, also when the server is away (row 41)", async () => {
	expect(await cli.run(["logout", "--json"])).toMatchObject({
		code: 0,
		stdout: '{"revoked":true,"sessions_cleared":0}\n',
	});
	expect(existsSync(join(cli.home, "auth.json"))).toBe(false);
	expect(await cli.run(["whoami"])).toMatchObject({ code: 3 });
	await using server = await startScriptedServer();
	await using away = await openCli(server.url);
	away.pair(server.url);
	await server.goDown();
	expect(await away.run(["logout"])).toMatchObject({
		code: 0,
		stdout: expect.stringContaining("the server could not be told"),
	});
	expect(existsSync(join(away.home, "auth.json"))).toBe(false);
});

it("a server that is away ends with 4, one that refuses with 1 and its own words; neither shows a stack", async () => {
	await using server = await startScriptedServer();
	await using other = await openCli(server.url);
	other.pair(server.url);
	server.on("GET /status", () => refusal(403, "forbidden", "Not \u001b[31myours."));
	expect(await other.run(["status"])).toMatchObject({ code: 1, stdout: "", stderr: "Not yours.\n" });
	await server.goDown();
	const away = await other.run(["status"]);
	expect(away).toMatchObject({ code: 4, stdout: "" });
	expect(away.stderr).toMatch(/cannot be reached: ECONNREFUSED\.\nIs it running\? .*CLAUDE_NOTIFY_URL\.\n$/);
});

it("a plain http address is refused before anything is sent (row 194)", async () => {
	const env = { CLAUDE_NOTIFY_URL: "http://notify.example.com" };
	expect(await cli.run(["status"], { env })).toMatchObject({
		code: 3,
		stderr: expect.stringContaining("must be https"),
	});
});
