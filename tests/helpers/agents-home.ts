import { createHash } from "node:crypto";
import { cp, lstat, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type Cli, type CliOptions, openCli } from "./cli.ts";
import { nodeDir } from "./processes.ts";

/** A person's home folder with a checkout of ours in it, and the settings of other agents. */
export interface AgentsHome {
	cli: Cli;
	/** HOME. */
	path: string;
	/** The folder of the bundle that is run. */
	checkout: string;
	/** Where installed hooks lead. */
	stable: string;
	settings: Record<"claude" | "codex" | "gemini", string>;
	run(args: string[], options?: CliOptions): ReturnType<Cli["run"]>;
	write(file: string, text: string | Buffer): Promise<void>;
	/** Every file but those of the checkout, with what is in it. */
	files(): Promise<Record<string, string>>;
	/** Their names, of those that differ now or are new. */
	changedSince(before: Record<string, string>): Promise<string[]>;
	backups(file: string): Promise<string[]>;
}

/** Gone with the test. `built`: a bundle to copy the checkout from. */
export async function agentsHome(built: Pick<Cli, "script">, server?: string): Promise<AgentsHome> {
	const home = await openCli(server, built);
	onTestFinished(() => home[Symbol.asyncDispose]());
	const path = dirname(home.home);
	const checkout = join(path, "checkout");
	await cp(dirname(built.script), checkout, { recursive: true });
	const PATH = `${await nodeDir(24)}:/usr/bin:/bin`;
	async function files(): Promise<Record<string, string>> {
		const entries = await readdir(path, { recursive: true, withFileTypes: true });
		const found: [string, string][] = [];
		for (const entry of entries) {
			const file = join(entry.parentPath, entry.name);
			if (!entry.isFile() || file.startsWith(checkout)) continue;
			const { mode } = await lstat(file);
			const sum = createHash("sha256")
				.update(await readFile(file))
				.digest("hex");
			found.push([file.slice(path.length + 1), `${mode.toString(8)} ${sum}`]);
		}
		return Object.fromEntries(found.sort());
	}
	return {
		cli: home,
		path,
		checkout,
		stable: join(path, ".local/share/claude-notify/plugin"),
		settings: {
			claude: join(path, ".claude/settings.json"),
			codex: join(path, ".codex/hooks.json"),
			gemini: join(path, ".gemini/settings.json"),
		},
		run: (args, options = {}) =>
			home.run(args, { ...options, script: join(checkout, "cli.cjs"), env: { PATH, ...options.env } }),
		async write(file, text) {
			await mkdir(dirname(file), { recursive: true });
			await writeFile(file, text);
		},
		files,
		async changedSince(before) {
			const now = await files();
			const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
			return names.filter((name) => before[name] !== now[name]).sort();
		},
		async backups(file) {
			const names = await readdir(dirname(file));
			return names.map((name) => join(dirname(file), name)).filter((each) => each.startsWith(`${file}.bak.`));
		},
	};
}

/** Settings of a person who has hooks of their own. */
export const foreign = `{
    "model": "opus",
    "hooks": {
        "Stop": [
            { "matcher": "", "hooks": [{ "type": "command", "command": "say done" }] }
        ]
    }
}
`;

export async function homeWithForeign(built: Pick<Cli, "script">): Promise<AgentsHome> {
	const home = await agentsHome(built);
	for (const path of Object.values(home.settings)) await home.write(path, foreign);
	return home;
}
