import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import { closeOurs, outputWays } from "./real-pipes.ts";
import { relay } from "./relay.ts";
import type { Tail } from "./tail.ts";
import { keepTerminalModes } from "./terminal-modes.ts";

export interface ChildOptions {
	command: [string, ...string[]];
	env: Record<string, string | undefined>;
	/** Undefined: the output goes past us. */
	tail: Tail | undefined;
	/** Which of our own ends are terminals: they stay ones for the command. */
	terminals: { stdin: boolean; stdout: boolean; stderr: boolean };
	/** The process whose signals are the command's too. */
	signals: NodeJS.Process;
}

export type ChildEnd =
	| { started: false; code: "ENOENT" | "EACCES" | "other"; reason: string }
	| { started: true; exitCode: number | null; signal: NodeJS.Signals | null; interrupted: boolean };

const forwarded = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;
/** A terminal sends these to the command itself as well. */
const fromTerminal: readonly string[] = ["SIGINT", "SIGQUIT"];

/** Runs the command as if we were not there: its code, its signals, its terminal. */
export async function runChild(options: ChildOptions): Promise<ChildEnd> {
	const { command, env, tail, signals } = options;
	const [program, ...args] = command;
	// Taken before the command can send any: a signal in between would end us and not it.
	let child: ChildProcess | undefined;
	let sawInterrupt = false;
	const onSignal = (signal: NodeJS.Signals) => {
		if (signal === "SIGINT") sawInterrupt = true;
		if (child !== undefined && !reachedIt(signal, options)) child.kill(signal);
	};
	for (const signal of forwarded) signals.on(signal, onSignal);
	try {
		const restoreTerminal = keepTerminalModes(options.terminals.stdin);
		const { stdout, stderr } = outputWays(capturedOf(options));
		child = spawn(program, args, {
			env: definedOnly(env),
			stdio: ["inherit", stdout.forChild, stderr.forChild],
		});
		closeOurs({ stdout, stderr });
		const ended = endOf(child);
		if (child.pid === undefined) {
			for (const { read } of [stdout, stderr]) if (read !== undefined) closeSync(read);
			return notStarted(await ended);
		}
		const { pid } = child;
		// At once, before anything of the command is passed on: who sees it run may kill us.
		const guard = guardOf(pid);
		const [lastOut, lastErr] = [
			relay(stdout.read ?? child.stdout, 1, tail),
			relay(stderr.read ?? child.stderr, 2, tail),
		];
		const end = await ended;
		await Promise.all([lastOut(), lastErr()]);
		guard.stdin?.end("ended\n");
		if (end instanceof Error) return notStarted(end);
		if (end.signal !== null) restoreTerminal();
		const interrupted = sawInterrupt && end.exitCode !== 0;
		return { started: true, ...end, interrupted };
	} finally {
		for (const signal of forwarded) signals.off(signal, onSignal);
	}
}

/** The code that a shell gives. */
export function exitCodeOf(end: ChildEnd): number {
	if (!end.started) return end.code === "ENOENT" ? 127 : 126;
	return end.exitCode ?? 128 + (end.signal === null ? 0 : constants.signals[end.signal]);
}

function capturedOf({ tail, terminals }: ChildOptions): { stdout: boolean; stderr: boolean } {
	return { stdout: tail !== undefined && !terminals.stdout, stderr: tail !== undefined && !terminals.stderr };
}

type Ended = { exitCode: number | null; signal: NodeJS.Signals | null };

/** `exit`, not `close`: that would wait for whatever the command left running. After `error` without a start no `exit` comes. */
function endOf(child: ChildProcess): Promise<Ended | Error> {
	return new Promise((resolve) => {
		child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
		child.on("error", (error) => {
			if (child.pid === undefined) resolve(error);
		});
	});
}

function notStarted(error: Ended | Error): ChildEnd {
	const code = error instanceof Error && "code" in error ? error.code : undefined;
	const reason = error instanceof Error ? error.message : "";
	return { started: false, code: code === "ENOENT" || code === "EACCES" ? code : "other", reason };
}

/** Whether the terminal has sent it to the command too. A hang-up comes to both when the terminal is gone, and else to us alone. */
function reachedIt(signal: NodeJS.Signals, { terminals }: ChildOptions): boolean {
	if (signal === "SIGHUP") return terminals.stdin && !terminalIsThere();
	return terminals.stdin && fromTerminal.includes(signal);
}

function terminalIsThere(): boolean {
	try {
		closeSync(openSync("/dev/tty", "r"));
		return true;
	} catch {
		return false;
	}
}

/** Reads from us: when it gets nothing any more but the end, we were killed, and the command must not stay behind. */
const guardScript = `read -r x && exit; kill -TERM "$1" 2>/dev/null; sleep 5; kill -KILL "$1" 2>/dev/null`;

function guardOf(pid: number): ChildProcess {
	// A session of its own: what the terminal sends is not for it.
	const guard = spawn("/bin/sh", ["-c", guardScript, "claude-notify", String(pid)], {
		detached: true,
		stdio: ["pipe", "ignore", "ignore"],
		env: { PATH: "/usr/bin:/bin" },
	});
	// A machine without /bin/sh has no guard.
	guard.on("error", () => undefined);
	guard.stdin?.on("error", () => undefined);
	guard.unref();
	return guard;
}

function definedOnly(env: Record<string, string | undefined>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
	);
}
