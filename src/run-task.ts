import { existsSync } from "node:fs";
import { join } from "node:path";
import { isatty } from "node:tty";
import { type RunTools, run } from "./cli/run.ts";
import { showOnDesktop } from "./desktop/show-on-desktop.ts";
import type { LinePattern } from "./line-pattern.ts";
import { newId } from "./new-id.ts";
import { ownTerminal } from "./own-terminal.ts";
import { sendInBackground } from "./send-in-background.ts";
import { notifyHome } from "./state/home.ts";

export interface MainOptions {
	process: NodeJS.Process;
	/** What the entry read of the environment. */
	env: Record<string, string | undefined>;
	userHome: () => string;
	hostname: string;
	/** Path of this very script. */
	script: string;
	/** Loads what a command on a terminal of its own needs. */
	loadPty: RunTools["loadPty"];
	/** Loads what `--pattern` needs, which is large. */
	loadPatterns: () => Promise<{ compilePattern: (source: string) => LinePattern }>;
}

const now = () => new Date();

/** `claude-notify run`. Gives the exit code. */
export function runTask(words: readonly string[], options: MainOptions): Promise<number> {
	const { process: own, env, userHome, hostname, script, loadPatterns, loadPty } = options;
	const home = notifyHome(env, userHome);
	return run(words, {
		home,
		hostname,
		cwd: own.cwd(),
		now,
		newId,
		say: (line) => void own.stderr.write(`${line}\n`),
		print: (text) => void own.stdout.write(`${text}\n`),
		isPaired: () => existsSync(join(home, "auth.json")),
		loadPatterns,
		loadPty,
		showOnDesktop: (note) =>
			showOnDesktop(note, { platform: own.platform, env, home, now, terminal: ownTerminal(own.stderr) }),
		sendLater: () => sendInBackground(own.execPath, script, env),
		env,
		terminals: { stdin: isatty(0), stdout: isatty(1), stderr: isatty(2) },
		signals: own,
	});
}
