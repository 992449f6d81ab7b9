import { lstat, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foreign, homeWithForeign } from "./helpers/agents-home.ts";
import { type Cli, openCli } from "./helpers/cli.ts";

let built: Cli;

beforeAll(async () => {
	built = await openCli();
});

afterAll(() => built[Symbol.asyncDispose]());

const withForeign = () => homeWithForeign(built);

describe("uninstall", () => {
	it("shows what it would do, and then gives back every byte of before (row 27)", async () => {
		const home = await withForeign();
		await rm(home.settings.gemini);
		const before = await home.files();
		await home.run(["install", "--all", "--apply"]);
		const installed = await home.files();
		const shown = await home.run(["uninstall"]);
		expect(shown).toMatchObject({ code: 0, stderr: expect.stringContaining("Nothing was written. Add --apply") });
		expect(shown.stdout).toContain("+++ /dev/null");
		expect(await home.files()).toEqual(installed);
		expect(await home.run(["uninstall", "--apply"])).toMatchObject({ code: 0, stderr: "" });
		const left = (await home.changedSince(before)).filter((name) => !name.includes(".bak."));
		expect(left).toEqual([]);
		expect((await home.run(["uninstall", "--apply"])).stdout).toBe(
			"Nothing of ours is installed; nothing was changed.\n",
		);
	});

	it("takes out only what is ours where somebody has written since (row 27)", async () => {
		const home = await withForeign();
		await home.run(["install", "--all", "--apply"]);
		for (const path of Object.values(home.settings)) {
			await writeFile(path, (await readFile(path, "utf8")).replace('"opus"', '"sonnet"'));
		}
		await home.run(["uninstall", "--apply"]);
		for (const path of Object.values(home.settings)) {
			expect(await readFile(path, "utf8")).toBe(foreign.replace('"opus"', '"sonnet"'));
			expect(await home.backups(path)).toHaveLength(2);
		}
	});

	it("leaves the copy to the last of them, and needs no record of its own (row 27)", async () => {
		const home = await withForeign();
		await home.run(["install", "--all", "--apply"]);
		await home.run(["uninstall", "--claude", "--apply"]);
		expect(await readFile(home.settings.claude, "utf8")).toBe(foreign);
		expect(JSON.parse(await readFile(home.settings.codex, "utf8")).hooks.Stop).toHaveLength(2);
		expect((await lstat(home.stable)).isDirectory()).toBe(true);
		await rm(join(home.cli.home, "installed.json"));
		expect((await home.run(["uninstall", "--apply"])).stdout).toContain(`Removed ${home.stable}`);
		expect(await readFile(home.settings.codex, "utf8")).toBe(foreign);
		await expect(lstat(home.stable)).rejects.toThrow();
	});

	it("gives back the bytes of before the first install, however often it was installed (row 27)", async () => {
		const home = await withForeign();
		await home.run(["install", "--codex", "--apply"]);
		await writeFile(home.settings.codex, (await readFile(home.settings.codex, "utf8")).replaceAll(home.stable, "/old"));
		await home.run(["install", "--codex", "--apply"]);
		await home.run(["uninstall", "--codex", "--apply"]);
		expect(await readFile(home.settings.codex, "utf8")).toBe(foreign);
	});
});
