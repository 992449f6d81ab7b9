import { chmod, lstat, mkdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AgentsHome, agentsHome, foreign, homeWithForeign } from "./helpers/agents-home.ts";
import { type Cli, openCli } from "./helpers/cli.ts";
import { nodeDir } from "./helpers/processes.ts";

let built: Cli;

beforeAll(async () => {
	built = await openCli();
});

afterAll(() => built[Symbol.asyncDispose]());

describe("settings that cannot be edited", () => {
	it.each([
		["claude", '{"model": "opus",}', "is not valid JSON: PropertyNameExpected at line 1, column 18"],
		["codex", '{\n\t"hooks": {\n\t\t"Stop": [}\n', "is not valid JSON: ValueExpected at line 3, column 12"],
		["codex", "// mine\n{}", "is not valid JSON: InvalidCommentToken at line 1, column 1"],
		["claude", '"opus"', "holds no JSON object"],
		["codex", '{"hooks": []}', "has something else than an object as hooks in line 1"],
		["gemini", '{"hooks": {"AfterAgent": {}}}', "has something else than an array as hooks.AfterAgent"],
		["claude", '{"enabledPlugins": ["notify"]}', "has something else than an object as enabledPlugins"],
		["claude", `{"a": ${"[".repeat(200_000)}${"]".repeat(200_000)}}`, "is nested too deeply"],
		["codex", `{"a": "${"x".repeat(10_000_000)}"}`, "is larger than 4 MB"],
		["gemini", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), "is not UTF-8"],
	] as const)("are left alone, with the file's name and the reason: %s (row 23)", async (name, text, words) => {
		const home = await homeWithForeign(built);
		await home.write(home.settings[name], text);
		const before = await home.files();
		const { code, stderr } = await home.run(["install", "--all", "--apply"]);
		expect(code).toBe(1);
		expect(stderr).toContain(`${home.settings[name]} ${words}`);
		expect(stderr).toContain("It was left untouched.");
		expect(await home.changedSince(before)).toEqual([]);
		expect(await home.run(["install", `--${name}`])).toMatchObject({ code: 1, stdout: "" });
	});

	it("are no reason not to take out what is ours elsewhere (row 27)", async () => {
		const home = await homeWithForeign(built);
		await home.run(["install", "--codex", "--apply"]);
		await home.write(home.settings.claude, "{");
		expect(await home.run(["uninstall", "--apply"])).toMatchObject({ code: 0, stderr: "" });
		expect(await readFile(home.settings.codex, "utf8")).toBe(foreign);
		expect(await home.run(["uninstall", "--claude"])).toMatchObject({ code: 1 });
	});

	it("keep uninstall from taking away what they may still lead to (row 27)", async () => {
		const home = await homeWithForeign(built);
		await home.run(["install", "--all", "--apply"]);
		await rm(join(home.cli.home, "installed.json"));
		for (const path of [home.settings.claude, home.settings.gemini]) {
			const whole = await readFile(path, "utf8");
			await writeFile(path, `${whole}}`);
			const refused = await home.run(["uninstall", "--apply"]);
			expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`${path} is not valid JSON`) });
			expect((await lstat(join(home.stable, "cli.cjs"))).isFile()).toBe(true);
			await writeFile(path, whole);
		}
		expect(await home.run(["uninstall", "--apply"])).toMatchObject({ code: 0 });
		await expect(lstat(home.stable)).rejects.toThrow();
	});

	it("say what stands in the way where they cannot be written", async () => {
		const home = await agentsHome(built);
		await home.write(join(home.path, "file"), "");
		const env = { CODEX_HOME: join(home.path, "file/codex") };
		const refused = await home.run(["install", "--codex", "--apply"], { env });
		expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be read or written: ENOTDIR") });
		await mkdir(home.settings.codex, { recursive: true });
		const folder = await home.run(["install", "--codex", "--apply"]);
		expect(folder.stderr).toBe(`${home.settings.codex} is no file. It was left untouched.\n`);
	});

	it("name a link that leads nowhere, and a terminal's sequences in a name do nothing", async () => {
		const home = await agentsHome(built);
		const codex = join(home.path, "c\u001b[31mx\u202e");
		await mkdir(codex);
		await symlink("nowhere", join(codex, "hooks.json"));
		const { code, stderr } = await home.run(["install", "--codex"], { env: { CODEX_HOME: codex } });
		expect(code).toBe(1);
		expect(stderr).toBe(`${home.path}/cx/hooks.json is a link to a file that is not there. It was left untouched.\n`);
	});
});

describe("settings of an unusual shape", () => {
	it.each([
		["a byte order mark and CRLF", `\uFEFF${foreign.replaceAll("\n", "\r\n")}`],
		["tabs", foreign.replaceAll("    ", "\t")],
		["one line", JSON.stringify(JSON.parse(foreign))],
		["nothing in it", ""],
	])("keep it, and come back as they were: %s (row 27)", async (_, text) => {
		const home = await agentsHome(built);
		await home.write(home.settings.codex, text);
		expect(await home.run(["install", "--codex", "--apply"])).toMatchObject({ code: 0 });
		const written = await readFile(home.settings.codex, "utf8");
		expect(JSON.parse(written.replace("\uFEFF", "")).hooks.SessionEnd).toHaveLength(1);
		expect(written.startsWith("\uFEFF")).toBe(text.startsWith("\uFEFF"));
		if (text.includes("\r")) expect(written).not.toMatch(/[^\r]\n/);
		await home.run(["uninstall", "--apply"]);
		expect(await readFile(home.settings.codex, "utf8")).toBe(text);
	});

	it("may have comments for gemini, which stay where they are", async () => {
		const home = await agentsHome(built);
		const text = '// top\n{\n\t"ui": {"theme": "x"} // dark\n\t// end\n}\n';
		await home.write(home.settings.gemini, text);
		await home.run(["install", "--gemini", "--apply"]);
		const written = await readFile(home.settings.gemini, "utf8");
		expect(written.startsWith('// top\n{\n\t"ui": {"theme": "x"}, // dark\n\t// end\n\t"hooks": {')).toBe(true);
		await rm(join(home.cli.home, "installed.json"));
		await home.run(["uninstall", "--apply"]);
		expect(await readFile(home.settings.gemini, "utf8")).toBe(text);
	});

	it("behind a link are written where they are", async () => {
		const home = await agentsHome(built);
		const real = join(home.path, "dotfiles/codex.json");
		await home.write(real, foreign);
		await mkdir(join(home.path, ".codex"));
		await symlink("../dotfiles/codex.json", home.settings.codex);
		await home.run(["install", "--codex", "--apply"]);
		expect(await readlink(home.settings.codex)).toBe("../dotfiles/codex.json");
		expect((await lstat(real)).isFile()).toBe(true);
		expect(await readFile(real, "utf8")).toContain("hook Stop --cli codex");
		expect(await home.backups(home.settings.codex)).toHaveLength(1);
		await home.run(["uninstall", "--apply"]);
		expect(await readFile(real, "utf8")).toBe(foreign);
		expect(await readlink(home.settings.codex)).toBe("../dotfiles/codex.json");
	});
});

it("settings that another program writes meanwhile stay as that has written them", async () => {
	const home = await homeWithForeign(built);
	const written = JSON.stringify(home.settings.codex);
	await writeFile(
		join(home.checkout, "agent-hook.mjs"),
		`import { writeFileSync } from "node:fs";\nexport const runHook = () => (writeFileSync(${written}, '{"theirs": 1}'), 0);`,
	);
	const { code, stderr } = await home.run(["install", "--codex", "--apply"]);
	expect(code).toBe(1);
	expect(stderr).toContain(`${home.settings.codex} was changed by another program meanwhile. Try again`);
	expect(await readFile(home.settings.codex, "utf8")).toBe('{"theirs": 1}');
	expect(await home.backups(home.settings.codex)).toEqual([]);
});

it("several installs at once do it once (row 22)", async () => {
	const home = await homeWithForeign(built);
	const all = await Promise.all(Array.from({ length: 4 }, () => home.run(["install", "--codex", "--apply"])));
	expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
	expect(all.filter(({ stdout }) => stdout.includes("Everything is installed already"))).toHaveLength(3);
	expect(await home.backups(home.settings.codex)).toHaveLength(1);
	expect(JSON.parse(await readFile(home.settings.codex, "utf8")).hooks.Stop).toHaveLength(2);
});

describe("before anything is written each hook runs once", () => {
	async function refused(home: AgentsHome, args: string[], env: Record<string, string> = {}) {
		const before = await home.files();
		const { code, stderr } = await home.run(["install", ...args, "--apply"], { env });
		expect(code).toBe(1);
		expect(await home.changedSince(before)).toEqual([]);
		return stderr;
	}

	it.each([
		["ends badly", 'process.stderr.write("kaput \\u001b[31mred"); process.exit(3);', "It ended with 3.\nkaput red"],
		["speaks to the agent", 'console.log("{}");', "It wrote to stdout, which agents take for orders."],
		["is no program", "}{", "SyntaxError"],
	])("one that %s keeps the settings as they are (row 24)", async (_, source, words) => {
		const home = await homeWithForeign(built);
		await writeFile(join(home.checkout, "agent-hook.mjs"), `${source}\nexport const runHook = () => 0;`);
		const stderr = await refused(home, ["--codex"]);
		expect(stderr).toContain("No settings were written: a hook of codex does not run here.");
		expect(stderr).toContain(`node '${home.stable}/cli.cjs' hook SessionStart --cli codex\n`);
		expect(stderr).toContain(words);
	});

	it("one that hangs is given ten seconds (row 24)", async () => {
		const home = await homeWithForeign(built);
		await writeFile(
			join(home.checkout, "agent-hook.mjs"),
			"setInterval(() => undefined, 1000);\nexport const runHook = () => new Promise(() => undefined);",
		);
		expect(await refused(home, ["--gemini"])).toContain("It took longer than 10 seconds.");
	});

	it.each([
		["a hook", "session-end.mjs", "process.exit(1)", "It ended with 1."],
		["the companion", "companion.mjs", "process.exit(0)", "It did not list its tools."],
	])("of the plugin too: %s (row 24)", async (_, file, source, words) => {
		const home = await homeWithForeign(built);
		await writeFile(join(home.checkout, file), source);
		const stderr = await refused(home, ["--claude"]);
		expect(stderr).toContain(`node ${home.stable}/${file}`);
		expect(stderr).toContain(words);
	});

	it("node that is not on PATH is found out (row 24)", async () => {
		const home = await homeWithForeign(built);
		expect(await refused(home, ["--codex"], { PATH: "/nowhere" })).toMatch(/ended with 127\.\n.*node.*not found/);
		expect(await refused(home, ["--claude"], { PATH: "/nowhere" })).toContain("could not be started");
	});

	it("a copy that broke since is mended, and one that only is newer is tried too (row 24)", async () => {
		const home = await homeWithForeign(built);
		await home.run(["install", "--codex", "--apply"]);
		await writeFile(join(home.stable, "agent-hook.mjs"), "broken");
		expect(await home.run(["install", "--codex", "--apply"])).toMatchObject({ code: 0 });
		expect(await readFile(join(home.stable, "agent-hook.mjs"), "utf8")).not.toBe("broken");
		await writeFile(join(home.checkout, "agent-hook.mjs"), "process.exit(9);");
		expect(await home.run(["install", "--codex", "--apply"])).toMatchObject({
			code: 1,
			stderr: expect.stringContaining("It ended with 9."),
		});
	});

	it("has no effect, though this machine is logged in and a session runs it (row 24)", async () => {
		const home = await homeWithForeign(built);
		home.cli.pair("http://127.0.0.1:9");
		await chmod(home.cli.home, 0o700);
		const before = await home.files();
		const env = { CLAUDE_PID: String(process.pid), CLAUDE_CODE_SESSION_ATTENDED: "1" };
		expect(await home.run(["install", "--all", "--apply"], { env })).toMatchObject({ code: 0 });
		const inHome = (await home.changedSince(before)).filter((name) => name.startsWith("notify/"));
		expect(inHome).toEqual(["notify/installed.json"]);
	});
});

it("a folder with spaces and quotes in its name is one word for the shell (row 25)", async () => {
	const home = await agentsHome(built);
	const env = {
		XDG_DATA_HOME: join(home.path, `it's "my" $(touch pwned) data`),
		PATH: `${await nodeDir(24)}:/usr/bin:/bin`,
	};
	expect(await home.run(["install", "--all", "--codex", "--gemini", "--claude", "--apply"], { env })).toMatchObject({
		code: 0,
	});
	const { hooks } = JSON.parse(await readFile(home.settings.codex, "utf8"));
	expect(hooks.Stop[0].hooks[0].command).toContain(`/it'\\''s "my" $(touch pwned) data/claude-notify/plugin/cli.cjs'`);
	expect(Object.keys(await home.files()).filter((name) => name.includes("pwned") && !name.includes("my"))).toEqual([]);
	expect(await home.run(["install", "--codex"], { env })).toMatchObject({ stderr: "There is nothing to change.\n" });
});
