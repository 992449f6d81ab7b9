import { spawnSync } from "node:child_process";
import { chmod, lstat, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { applyPatch } from "diff";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { agentsHome, foreign, homeWithForeign } from "./helpers/agents-home.ts";
import { type Cli, openCli } from "./helpers/cli.ts";
import { nodeDir } from "./helpers/processes.ts";

let built: Cli;

beforeAll(async () => {
	built = await openCli();
});

afterAll(() => built[Symbol.asyncDispose]());

const read = async (path: string) => JSON.parse(await readFile(path, "utf8"));
const ours = ".local/share/claude-notify/plugin/";
/** Beside what install keeps for itself. */
const settingsOf = (names: string[]) => names.filter((name) => !name.startsWith(ours) && !name.includes("notify/"));

const withForeign = () => homeWithForeign(built);

describe("install", () => {
	it("prints a unified diff and writes nothing without --apply (row 19)", async () => {
		const home = await withForeign();
		const before = await home.files();
		const { code, stdout, stderr } = await home.run(["install", "--all"]);
		expect(code).toBe(0);
		for (const path of Object.values(home.settings)) expect(stdout).toContain(`--- ${path}\n+++ ${path}\n@@ -`);
		expect(stdout).toContain(
			`+                        "command": "node '${home.stable}/cli.cjs' hook Stop --cli codex",`,
		);
		expect(stderr.trim().split("\n").at(-1)).toBe("Nothing was written. Add --apply to write it.");
		expect(await home.files()).toEqual(before);
		const asJson = JSON.parse((await home.run(["install", "--codex", "--json"])).stdout);
		expect(asJson).toMatchObject({ applied: false, outcomes: [{ target: "codex", state: "would change" }] });
		expect(await home.files()).toEqual(before);
	});

	it("the diff, applied as a patch, gives what --apply writes (row 19)", async () => {
		const home = await withForeign();
		const { stdout } = await home.run(["install", "--codex"]);
		await home.run(["install", "--codex", "--apply"]);
		expect(applyPatch(foreign, stdout)).toBe(await readFile(home.settings.codex, "utf8"));
	});

	it("keeps a timestamped copy of each file that it writes, with its mode (row 20)", async () => {
		const home = await withForeign();
		await chmod(home.settings.gemini, 0o640);
		const { code, stdout } = await home.run(["install", "--all", "--apply"]);
		expect(code).toBe(0);
		for (const path of Object.values(home.settings)) {
			const [backup = "", ...more] = await home.backups(path);
			expect(more).toEqual([]);
			expect(backup.slice(path.length)).toMatch(/^\.bak\.\d{8}-\d{6}$/);
			expect(await readFile(backup, "utf8")).toBe(foreign);
			expect((await stat(backup)).mode).toBe((await stat(path)).mode);
			expect(stdout).toContain(backup);
		}
		expect((await stat(home.settings.gemini)).mode & 0o777).toBe(0o640);
		expect(stdout).toContain("Codex runs new hooks only after you trust them: start codex and look at /hooks.");
	});

	it.each([
		[["--codex"], ["codex"]],
		[["--gemini"], ["gemini"]],
		[["--claude"], ["claude"]],
		[[], ["claude"]],
		[
			["--codex", "--gemini"],
			["codex", "gemini"],
		],
		[["--all"], ["claude", "codex", "gemini"]],
	] as const)("with %j touches only %j (row 21)", async (flags, names) => {
		const home = await withForeign();
		const before = await home.files();
		await home.run(["install", ...flags, "--apply"]);
		const changed = settingsOf(await home.changedSince(before)).filter((name) => !name.includes(".bak."));
		expect(changed.map((name) => join(home.path, name))).toEqual(names.map((name) => home.settings[name]).sort());
	});

	it("--help changes nothing, a wrong option neither (row 21)", async () => {
		const home = await withForeign();
		const before = await home.files();
		expect((await home.run(["install", "--help"])).stdout).toMatch(/--codex[\s\S]*--gemini[\s\S]*--all[\s\S]*--apply/);
		expect(await home.run(["install", "--kodex", "--apply"])).toMatchObject({ code: 2 });
		expect(await home.run(["install", "codex", "--apply"])).toMatchObject({
			code: 2,
			stderr: "codex is no option. Name the program by --claude, --codex or --gemini.\n",
		});
		expect(await home.files()).toEqual(before);
	});

	it("--all skips who is not here; named by its own flag it is set up, 0700 and 0600 (row 21)", async () => {
		const home = await agentsHome(built);
		await mkdir(join(home.path, ".gemini"));
		const all = await home.run(["install", "--all"]);
		expect(all.stderr).toContain(`codex is not here (there is no ${home.path}/.codex)`);
		expect(all.stdout).toContain(home.settings.gemini);
		expect(all.stdout).not.toContain(home.settings.codex);
		await home.run(["install", "--codex", "--apply"]);
		expect((await stat(join(home.path, ".codex"))).mode & 0o777).toBe(0o700);
		expect((await stat(home.settings.codex)).mode & 0o777).toBe(0o600);
	});

	it("again adds nothing twice, and foreign hooks stay (row 22)", async () => {
		const home = await withForeign();
		await home.run(["install", "--all", "--apply"]);
		const before = await home.files();
		const again = await home.run(["install", "--all"]);
		expect(again).toMatchObject({ code: 0, stdout: "\n", stderr: "There is nothing to change.\n" });
		expect(await home.run(["install", "--all", "--apply"])).toMatchObject({
			code: 0,
			stdout: expect.stringContaining("Everything is installed already; nothing was changed."),
		});
		expect(await home.changedSince(before)).toEqual([]);
		for (const path of Object.values(home.settings)) {
			const { model, hooks } = await read(path);
			expect(model).toBe("opus");
			expect(hooks.Stop[0]).toEqual(JSON.parse(foreign).hooks.Stop[0]);
		}
		expect((await read(home.settings.codex)).hooks.Stop).toHaveLength(2);
	});

	it("leads hooks of an older place to the new one; the person's own option stays (row 22)", async () => {
		const home = await agentsHome(built);
		await home.run(["install", "--codex", "--apply"]);
		const text = await readFile(home.settings.codex, "utf8");
		const moved = text
			.replaceAll(home.stable, "/old place")
			.replace("Stop --cli codex", "Stop --cli codex --longer-than 5m");
		await writeFile(home.settings.codex, moved);
		await home.run(["install", "--codex", "--apply"]);
		const kept = text.replace("Stop --cli codex", "Stop --cli codex --longer-than 5m");
		expect(await readFile(home.settings.codex, "utf8")).toBe(kept);
	});

	it("is there for claude already from another marketplace: it says so and changes nothing", async () => {
		const home = await agentsHome(built);
		await home.write(home.settings.claude, '{"enabledPlugins": {"notify@claude-notify": true}}');
		const before = await home.files();
		const { code, stdout } = await home.run(["install", "--apply"]);
		expect(code).toBe(0);
		expect(stdout).toContain("notify@claude-notify is enabled already");
		expect(await home.changedSince(before)).toEqual([]);
	});

	it.each([20, 24] as const)("leads to a copy that outlives the checkout, on Node %i (row 25)", async (node) => {
		const home = await agentsHome(built);
		const env = { PATH: `${await nodeDir(node)}:/usr/bin:/bin` };
		expect(await home.run(["install", "--codex", "--gemini", "--claude", "--apply"], { node, env })).toMatchObject({
			code: 0,
		});
		await rename(home.checkout, join(home.path, "elsewhere"));
		const { hooks } = await read(home.settings.codex);
		for (const [event, [{ hooks: entries }]] of Object.entries<[{ hooks: [{ command: string }] }]>(hooks)) {
			const ended = spawnSync(entries[0].command, {
				shell: true,
				input: "{}",
				encoding: "utf8",
				env: home.cli.env(env),
			});
			expect([event, ended.status, ended.stdout, ended.stderr]).toEqual([event, 0, "", ""]);
		}
		const { extraKnownMarketplaces, enabledPlugins } = await read(home.settings.claude);
		expect(enabledPlugins).toEqual({ "notify@claude-notify-local": true });
		expect(extraKnownMarketplaces["claude-notify-local"].source).toEqual({ source: "directory", path: home.stable });
		expect((await lstat(join(home.stable, "companion.mjs"))).isFile()).toBe(true);
	});

	it("the copy knows the server that gave the program out, and has executable what was (row 25)", async () => {
		const home = await agentsHome(built);
		await writeFile(join(home.checkout, "server-url"), "https://notify.example.com\n");
		await chmod(join(home.checkout, "cli.cjs"), 0o755);
		await symlink("/etc/passwd", join(home.checkout, "commands", "notify-evil.md"));
		await home.run(["install", "--codex", "--apply"]);
		expect(await readFile(join(home.stable, "server-url"), "utf8")).toBe("https://notify.example.com\n");
		const { userConfig } = await read(join(home.stable, ".claude-plugin/plugin.json"));
		expect(userConfig.server_url.default).toBe("https://notify.example.com");
		expect((await stat(join(home.stable, "cli.cjs"))).mode & 0o111).toBe(0o111);
		await expect(lstat(join(home.stable, "commands/notify-evil.md"))).rejects.toThrow();
		const before = await home.files();
		await writeFile(join(home.checkout, "commands/notify-test.md"), "newer");
		await rm(join(home.checkout, "commands/notify-stop.md"));
		await home.run(["install", "--codex", "--apply"]);
		expect(await home.changedSince(before)).toEqual([
			`${ours}commands/notify-stop.md`,
			`${ours}commands/notify-test.md`,
		]);
	});

	it("--list says which file and which events it is for each of them (row 222)", async () => {
		const home = await agentsHome(built);
		const env = { CODEX_HOME: "/some/codex", CLAUDE_CONFIG_DIR: "/some/claude", GEMINI_CLI_HOME: "/some/gemini" };
		const listed = JSON.parse((await home.run(["install", "--list", "--json"], { env })).stdout);
		expect(listed).toEqual([
			{ target: "claude", file: "/some/claude/settings.json", events: expect.arrayContaining(["Stop", "SessionEnd"]) },
			{
				target: "codex",
				file: "/some/codex/hooks.json",
				events: ["SessionStart", "UserPromptSubmit", "PermissionRequest", "PostModelRequest", "Stop", "SessionEnd"],
			},
			{
				target: "gemini",
				file: "/some/gemini/.gemini/settings.json",
				events: ["BeforeAgent", "Notification", "AfterAgent", "SessionEnd"],
			},
		]);
		expect((await home.run(["install", "--list"])).stdout).toContain(home.settings.codex);
	});
});
