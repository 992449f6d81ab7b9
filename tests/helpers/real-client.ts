import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { type ClientHome, clientEnv, createClientHome, trustProject } from "./client-home.ts";
import { ensureClient } from "./client-install.ts";
import type { MockModel } from "./mock-model.ts";
import { isAlive, killTree, signalIfAlive, waitUntilGone } from "./processes.ts";
import { openTerminal } from "./tmux.ts";
import { until } from "./until.ts";

export interface ClientOptions {
	model: MockModel;
	pluginDirs?: string[];
	/** Added to the client's environment, which is otherwise fresh (CLAUDE_NOTIFY_URL, CLAUDE_NOTIFY_HOME …). */
	env?: Record<string, string>;
	/** Project folder; by default the one of `home`. */
	cwd?: string;
	/** Shared by sessions that run on "one machine"; by default each session has its own, removed with it. */
	home?: ClientHome;
	/** Id of a session to go on with. */
	resume?: string;
	args?: string[];
	/** Entries of `.claude.json` (messageIdleNotifThresholdMs …); only for a home of its own. */
	config?: Record<string, unknown>;
	/** Entries of `settings.json`; only for a home of its own. */
	settings?: Record<string, unknown>;
	/** Folder of the `node` that plugins run with: see `nodeDir`. */
	nodeDir?: string;
	/** A dialog of the client's start, which is answered with Enter. */
	enterAt?: RegExp;
}

export interface PrintResult {
	stdout: string;
	stderr: string;
	/** Null when a signal ended it. */
	code: number | null;
}

export interface PrintRun extends AsyncDisposable {
	pid: number;
	result: Promise<PrintResult>;
}

export interface Tui extends AsyncDisposable {
	/** The client process; its MCP servers have it as parent. */
	pid: number;
	home: ClientHome;
	/** Sends one prompt or slash command. */
	type(text: string): Promise<void>;
	/** tmux key names: "Enter", "Escape", "C-c", "2". */
	press(...keys: string[]): Promise<void>;
	screen(): Promise<string>;
	/** Appends all that the client writes from now on to a file, byte for byte. */
	record(path: string): Promise<void>;
	waitForScreen(pattern: RegExp, timeoutMs?: number): Promise<string>;
	/** Waits for a permission dialog or a question and answers it with a key, "Enter" being the first choice. */
	answerDialog(key?: string): Promise<void>;
	/** The session's id of this moment: another one after /clear. */
	sessionId(): Promise<string>;
	kill(signal: NodeJS.Signals): void;
	/** Closes the terminal window under the client. */
	closeTerminal(): Promise<void>;
	waitForExit(timeoutMs?: number): Promise<void>;
}

export interface Launch {
	command: [string, string, ...string[]];
	cwd: string;
	env: Record<string, string>;
	home: ClientHome;
	/** Removes the home if this session made it. */
	leave(): Promise<void>;
}

/** What it takes to start the client; `leave` is the caller's duty. */
export async function prepare(options: ClientOptions): Promise<Launch> {
	const { config = {}, settings, pluginDirs = [], resume, args = [] } = options;
	const client = await ensureClient();
	const home = options.home ?? (await createClientHome({ config, ...(settings === undefined ? {} : { settings }) }));
	const cwd = options.cwd ?? home.cwd;
	await trustProject(home.configDir, cwd);
	const plugins = pluginDirs.flatMap((folder) => ["--plugin-dir", folder]);
	const session = resume === undefined ? [] : ["--resume", resume];
	return {
		// The default permission mode asks a model to judge each call, which a mock cannot do.
		command: [client, "--permission-mode", "manual", ...plugins, ...session, ...args],
		cwd,
		env: clientEnv(home, options.model.url, { env: options.env ?? {}, nodeDir: options.nodeDir }),
		home,
		leave: async () => {
			if (options.home === undefined) await home[Symbol.asyncDispose]();
		},
	};
}

/** Runs `claude -p` to its end. */
export async function runPrint(prompt: string, options: ClientOptions): Promise<PrintResult> {
	await using run = await startPrint(prompt, options);
	return await run.result;
}

/** Starts `claude -p`, for tests that do something while it runs. */
export async function startPrint(prompt: string, options: ClientOptions, timeoutMs = 60_000): Promise<PrintRun> {
	const { command, cwd, env, leave } = await prepare(options);
	const [client, ...args] = command;
	const child = spawn(client, ["-p", prompt, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
	const { pid } = child;
	if (pid === undefined) throw new Error(`could not start ${client}`);
	const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
	const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
	const result = Promise.all([readText(child.stdout), readText(child.stderr), ended])
		.then(([stdout, stderr, code]) => ({ stdout, stderr, code }))
		.finally(() => clearTimeout(timer));
	return {
		pid,
		result,
		async [Symbol.asyncDispose]() {
			await killTree(pid);
			await result;
			await leave();
		},
	};
}

/** Starts the interactive client in a terminal of its own and waits until it takes input. */
export async function startTui(options: ClientOptions): Promise<Tui> {
	const { command, cwd, env, home, leave } = await prepare(options);
	const socket = join(home.temporary, `${Math.random().toString(36).slice(2, 8)}.tmux`);
	const terminal = await openTerminal({ socket, cwd, env, command });
	const { pid, press, screen, record } = terminal;

	async function dispose(): Promise<void> {
		try {
			await killTree(pid);
		} finally {
			await terminal.close();
			await leave();
		}
	}
	async function waitForScreen(pattern: RegExp, timeoutMs = 10_000): Promise<string> {
		const shown = async () => {
			const now = await screen();
			return pattern.test(now) ? now : undefined;
		};
		return until(shown, timeoutMs, async () => `the screen never showed ${pattern}:\n${(await screen()).trimEnd()}`);
	}
	async function pressUntilGone(dialog: RegExp, key: string): Promise<void> {
		const closed = async () => {
			// The dialog is deaf for its first moments, so that a user who types does not answer it unread.
			await press(key);
			await sleep(200);
			return !dialog.test(await screen());
		};
		await until(closed, 5000, async () => `the dialog stays:\n${await screen()}`);
	}
	const tui: Tui = {
		pid,
		home,
		press,
		screen,
		record,
		waitForScreen,
		type: (text) => typePrompt(terminal, text),
		async answerDialog(key = "Enter") {
			const dialog = /❯ 1\. /;
			await waitForScreen(dialog);
			await pressUntilGone(dialog, key);
		},
		sessionId: () => sessionIdOf(home, pid),
		kill: (signal) => signalIfAlive(pid, signal),
		closeTerminal: () => terminal.close(),
		waitForExit: (timeoutMs = 10_000) => waitUntilGone(pid, timeoutMs),
		[Symbol.asyncDispose]: dispose,
	};
	try {
		if (options.enterAt !== undefined) {
			await waitForScreen(options.enterAt, 20_000);
			await pressUntilGone(options.enterAt, "Enter");
		}
		await until(
			async () => /^❯/m.test(await screen()) || !(await isAlive(pid)),
			20_000,
			async () => `the client is not ready:\n${await screen()}`,
		);
		if (!(await isAlive(pid))) throw new Error(`the client ended at its start:\n${await screen()}`);
		return tui;
	} catch (error) {
		await dispose();
		throw error;
	}
}

async function typePrompt(terminal: { write: Tui["type"]; press: Tui["press"]; screen: Tui["screen"] }, text: string) {
	const tail = squeeze(text).slice(-40);
	const inInput = async () => squeeze(inputBox(await terminal.screen())).endsWith(tail);
	await terminal.write(text);
	await until(
		inInput,
		5000,
		async () => `the input box never held ${JSON.stringify(text)}:\n${await terminal.screen()}`,
	);
	// A key that follows sooner than about 200 ms counts as part of a paste.
	await sleep(250);
	// The list of suggestions would take the Enter; a space closes it.
	if (text.startsWith("/")) {
		await terminal.write(" ");
		await sleep(250);
	}
	await terminal.press("Enter");
	await until(
		async () => !(await inInput()),
		5000,
		async () => `the client did not take ${JSON.stringify(text)}:\n${await terminal.screen()}`,
	);
}

/** The text between the last two horizontal rules, where the client takes input. */
function inputBox(screen: string): string {
	const lines = screen.split("\n");
	const last = lines.findLastIndex((line) => /^─{20,}/.test(line));
	const first = lines.slice(0, Math.max(last, 0)).findLastIndex((line) => /^─{20,}/.test(line));
	return first < 0 ? "" : lines.slice(first + 1, last).join("");
}

function squeeze(text: string): string {
	return text.replace(/\s/g, "");
}

const sessionFile = z.looseObject({ sessionId: z.string() });

/** The client keeps `sessions/<pid>.json` in its configuration folder and rewrites it when the session's id changes. */
async function sessionIdOf(home: ClientHome, pid: number): Promise<string> {
	const path = join(home.configDir, "sessions", `${pid}.json`);
	const read = () =>
		readFile(path, "utf8")
			.then((content) => sessionFile.parse(JSON.parse(content)).sessionId)
			.catch(() => undefined);
	return until(read, 5000, () => `no session id in ${path}`);
}
