import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../tests/helpers/temporary-folder.ts";
import { clientSettingsFiles, refusesMessages } from "./client-settings.ts";

describe("the client's settings", () => {
	it.each<[string, boolean]>([
		['{"crossSessionInbound":"refuse"}', true],
		['{"crossSessionInbound":"hold"}', true],
		['{"crossSessionInbound":"accept"}', false],
		["{}", false],
		["null", false],
		["not json", false],
	])("%s keeps messages out: %s", async (text, refuses) => {
		await using folder = await temporaryFolder();
		const path = join(folder.path, "settings.json");
		await writeFile(path, text);
		expect(refusesMessages([join(folder.path, "none.json"), path])).toBe(refuses);
	});

	it("are the person's, the project's and the organization's", () => {
		const source = { CLAUDE_CONFIG_DIR: "/c", CLAUDE_PROJECT_DIR: "/p" };
		expect(clientSettingsFiles(source, "/home/ann", "linux")).toEqual([
			"/c/settings.json",
			"/p/.claude/settings.json",
			"/p/.claude/settings.local.json",
			"/etc/claude-code/managed-settings.json",
		]);
		expect(clientSettingsFiles({}, "/home/ann", "darwin")).toEqual([
			"/home/ann/.claude/settings.json",
			"/Library/Application Support/ClaudeCode/managed-settings.json",
		]);
	});
});
