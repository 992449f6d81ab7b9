import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isatty } from "node:tty";
import { fileURLToPath } from "node:url";
import { V7Generator } from "uuidv7";
import { type RunTools, run } from "./cli/run.ts";
import { showOnDesktop } from "./desktop/show-on-desktop.ts";
import type { LinePattern } from "./line-pattern.ts";
import { ownTerminal } from "./own-terminal.ts";
import { notifyHome } from "./state/home.ts";
import { randomBytes } from "./state/random-bytes.ts";

export interface MainOptions {
	process: NodeJS.Process;
	/** What the entry read of the environment. */
	env: Record<string, string | undefined>;
	userHome: () => string;
	hostname: string;
	/** URL of this very script. */
	script: string;
	/** Loads what a command on a terminal of its own needs. */
	loadPty: RunTools["loadPty"];
	/** Loads what `--pattern` needs, which is large. */
	loadPatterns: () => Promise<{ compilePattern: (source: string) => LinePattern }>;
}

const now = () => new Date();
/** The global `crypto` costs a quarter of our start. */
const ids = new V7Generator({ nextUint32: () => randomBytes(4).readUInt32LE() });

/** `claude-notify run`. Gives the exit code. */
export function runTask(words: readonly string[], options: MainOptions): Promise<number> {
	const { process: own, env, userHome, hostname, script, loadPatterns, loadPty } = options;
	const home = notifyHome(env, userHome);
	return run(words, {
		home,
		hostname,
		cwd: own.cwd(),
		now,
		newId: () => ids.generate().toString(),
		say: (line) => void own.stderr.write(`${line}\n`),
		print: (text) => void own.stdout.write(`${text}\n`),
		isPaired: () => existsSync(join(home, "auth.json")),
		loadPatterns,
		loadPty,
		showOnDesktop: (note) =>
			showOnDesktop(note, { platform: own.platform, env, home, now, terminal: ownTerminal(own.stderr) }),
		sendLater: () => sendInBackground(own.execPath, fileURLToPath(script), env),
		env,
		terminals: { stdin: isatty(0), stdout: isatty(1), stderr: isatty(2) },
		signals: own,
	});
}

function sendInBackground(node: string, script: string, env: MainOptions["env"]): Promise<void> {
	const child = spawn(node, [script, "send-tasks"], { detached: true, stdio: "ignore", env });
	child.unref();
	return new Promise((resolve) => {
		child.once("exit", () => resolve());
		// What is queued waits for the next one.
		child.once("error", () => resolve());
	});
}
