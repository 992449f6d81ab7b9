import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { type ChildEnd, notStarted } from "./child-end.ts";
import { findProgram } from "./find-program.ts";
import { startGuard } from "./guard.ts";
import type { OutputSink } from "./output-sink.ts";
import { closeOurs, outputWays } from "./real-pipes.ts";
import { relay } from "./relay.ts";
import { isForeground, keepTerminalModes } from "./terminal-modes.ts";

export interface ChildOptions {
	command: [string, ...string[]];
	env: Record<string, string | undefined>;
	/** What listens to the output; without any it goes past us. */
	sinks: readonly OutputSink[];
	/** The output goes past what listens: it is a terminal's, and there is no other terminal to be had. */
	onUnseen: () => void;
	/** Loads what a command on a terminal of its own needs. */
	loadPty: () => Promise<{
		runOnPty(options: ChildOptions & { env: Record<string, string> }): Promise<ChildEnd | undefined>;
	}>;
	/** Which of our own ends are terminals: they stay ones for the command. */
	terminals: { stdin: boolean; stdout: boolean; stderr: boolean };
	/** The process whose signals are the command's too. */
	signals: NodeJS.Process;
}

export const forwarded = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const;
/** A terminal sends these to the command itself as well. */
const fromTerminal: readonly string[] = ["SIGINT", "SIGQUIT"];

/** Runs the command as if we were not there: its code, its signals, its terminal. */
export async function runChild(given: ChildOptions): Promise<ChildEnd> {
	const options = { ...given, env: definedOnly(given.env) };
	const end = isForPty(options) ? await (await options.loadPty()).runOnPty(options) : undefined;
	if (end !== undefined) return end;
	if (options.sinks.length > 0 && options.terminals.stdout) options.onUnseen();
	return runBeside(options);
}

function isForPty({ command, env, sinks, terminals, signals }: ChildOptions): boolean {
	const allTerminals = terminals.stdin && terminals.stdout && terminals.stderr;
	if (sinks.length === 0 || !allTerminals || !isForeground(signals.pid)) return false;
	return findProgram(command[0], env["PATH"], signals.cwd()) === "found";
}

function definedOnly(env: Record<string, string | undefined>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
	);
}

/** The command gets our own ends, and pipes for those of them that are captured. */
async function runBeside(options: ChildOptions): Promise<ChildEnd> {
	const { command, env, sinks, signals } = options;
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
			env,
			stdio: ["inherit", stdout.forChild, stderr.forChild],
		});
		closeOurs({ stdout, stderr });
		const ended = endOf(child);
		if (child.pid === undefined) {
			for (const { read } of [stdout, stderr]) if (read !== undefined) closeSync(read);
			return notStarted(await ended);
		}
		// At once, before anything of the command is passed on: who sees it run may kill us.
		const guard = startGuard();
		guard.watch(child.pid);
		const [lastOut, lastErr] = [
			relay(stdout.read ?? child.stdout, 1, sinks),
			relay(stderr.read ?? child.stderr, 2, sinks),
		];
		const end = await ended;
		await Promise.all([lastOut(), lastErr()]);
		guard.release();
		if (end instanceof Error) return notStarted(end);
		if (end.signal !== null) restoreTerminal();
		const interrupted = sawInterrupt && end.exitCode !== 0;
		return { started: true, ...end, interrupted };
	} finally {
		for (const signal of forwarded) signals.off(signal, onSignal);
	}
}

function capturedOf({ sinks, terminals }: ChildOptions): { stdout: boolean; stderr: boolean } {
	const captured = sinks.length > 0;
	return { stdout: captured && !terminals.stdout, stderr: captured && !terminals.stderr };
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
