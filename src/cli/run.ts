import { resolve } from "node:path";
import type { z } from "zod";
import type { taskFinished } from "../contract/tasks.ts";
import type { DesktopNote, Shown } from "../desktop/show-on-desktop.ts";
import type { LinePattern } from "../line-pattern.ts";
import { plainText } from "../plain-text.ts";
import { TaskQueue } from "../state/task-queue.ts";
import { type ChildEnd, exitCodeOf } from "./child-end.ts";
import { endNote } from "./end-note.ts";
import { LogFile } from "./log-file.ts";
import { type ChildOptions, runChild } from "./run-child.ts";
import { runHelp } from "./run-flags.ts";
import { type RunOptions, readRunOptions } from "./run-options.ts";
import { RunProgress } from "./run-progress.ts";
import { Tail } from "./tail.ts";
import { TaskTeller } from "./task-teller.ts";
import { watchProcess } from "./watch-process.ts";

type Finished = z.input<typeof taskFinished>;

export interface RunTools extends Omit<ChildOptions, "command" | "sinks" | "onUnseen"> {
	home: string;
	hostname: string;
	cwd: string;
	now: () => Date;
	newId: () => string;
	/** A line for the person, on stderr. */
	say: (line: string) => void;
	print: (text: string) => void;
	isPaired: () => boolean;
	/** Sends what is queued from a process that outlives us; resolves when that has ended. */
	sendLater: () => Promise<void>;
	/** Shows a note on this computer; undefined where nothing is there to do it. */
	showOnDesktop: ((note: DesktopNote) => Promise<Shown>) | undefined;
	loadPatterns: () => Promise<{ compilePattern: (source: string) => LinePattern }>;
}

const ownFailure = 125;
/** The longest that a desktop can hold up the end of a command, and with --wait a server. */
const waitMs = 2000;
/** Tells a command, and a `run` inside of it, that its end will be told. */
const taskVariable = "CLAUDE_NOTIFY_TASK_ID";
const builtins =
	/^(cd|alias|export|source|\.|eval|exec|set|unset|type|ulimit|umask|read|jobs|fg|bg|history|shopt|pushd|popd)$/;

/** Runs a command and tells its user when it ends. Whatever happens to the telling, the command's own code is the answer. */
export async function run(words: readonly string[], tools: RunTools): Promise<number> {
	const options = readRunOptions(words);
	if ("help" in options) {
		tools.print(runHelp());
		return 0;
	}
	if ("problem" in options) {
		tools.say(options.problem);
		return ownFailure;
	}
	const matches = await patternOf(options, tools);
	if (matches === "wrong") return ownFailure;
	// The outer one tells.
	const nested = tools.env[taskVariable] !== undefined;
	return nested ? runNested(options, tools) : runTold(options, tools, matches);
}

async function runNested(options: RunOptions, tools: RunTools): Promise<number> {
	return codeOf(options, tools, await runIt(options, tools, { env: tools.env, sinks: [] }));
}

async function runTold(options: RunOptions, tools: RunTools, matches: LinePattern | undefined): Promise<number> {
	const id = tools.newId();
	const tail = options.capture ? new Tail() : undefined;
	const teller = tools.isPaired() ? tellerOf(id, options, tools) : undefined;
	const progress = teller === undefined ? undefined : new RunProgress(options, teller, matches);
	const log = teller === undefined ? undefined : await logOf(id, options, tools);
	sayRefusal(teller, tools);
	const began = performance.now();
	const end = await runIt(options, tools, {
		env: { ...tools.env, [taskVariable]: id },
		sinks: [tail, log, ...(progress?.sinks ?? [])].filter((sink) => sink !== undefined),
	});
	const durationMs = Math.round(performance.now() - began);
	progress?.end();
	if (end.started && isTold(options, end, durationMs)) {
		const finished: Finished = {
			type: "task_finished",
			task_id: id,
			title: options.title,
			exit_code: end.exitCode,
			signal: end.signal,
			interrupted: end.interrupted,
			duration_ms: durationMs,
			finished_at: tools.now().toISOString(),
			tail: tail?.text() ?? "",
			...(options.message === undefined ? {} : { message: options.message }),
			output_bytes: tail?.bytes ?? 0,
		};
		await Promise.all([tell(finished, options, tools, { teller, log }), showOnDesktop(finished, options, tools)]);
	}
	log?.discard();
	return codeOf(options, tools, end);
}

/** The command's own; that of a process which only was watched is not known. */
function codeOf(options: RunOptions, { say }: RunTools, end: ChildEnd): number {
	if (!end.started) say(notStartedWords(options, end));
	return end.started && options.pid !== undefined && !end.interrupted ? 0 : exitCodeOf(end);
}

/** What `--pattern` asks for, before anything runs. */
async function patternOf({ pattern }: RunOptions, tools: RunTools): Promise<LinePattern | undefined | "wrong"> {
	if (pattern === undefined) return undefined;
	const { compilePattern } = await tools.loadPatterns();
	try {
		return compilePattern(pattern);
	} catch (error) {
		tools.say(`--pattern cannot be understood: ${error instanceof Error ? error.message : "it is no pattern"}`);
		return "wrong";
	}
}

function tellerOf(
	id: string,
	options: RunOptions,
	{ home, hostname, cwd, now, newId, sendLater }: RunTools,
): TaskTeller {
	const { title, shownCommand: cmd, channels, notifyUser: notify_user } = options;
	const only = {
		...(channels === undefined ? {} : { channels }),
		...(notify_user === undefined ? {} : { notify_user }),
	};
	const start = { id, cmd, title, hostname, cwd, notify_on: [...options.notifyOn], ...only };
	return new TaskTeller({ start, title, home, now, newId, sendLater });
}

async function logOf(id: string, { capture, fullLog }: RunOptions, { home }: RunTools): Promise<LogFile | undefined> {
	return capture && fullLog ? LogFile.open(new TaskQueue(home).logPath(id)) : undefined;
}

function runIt(
	{ command, pid, shell, notifyOn }: RunOptions,
	tools: RunTools,
	more: Pick<ChildOptions, "env" | "sinks">,
): Promise<ChildEnd> {
	if (command === undefined) return watchProcess(pid ?? 0, tools.signals);
	const onUnseen = () => {
		if (notifyOn.has("partial") || notifyOn.has("regex")) {
			tools.say("claude-notify: the output of this terminal cannot be read, so nothing is told but the end.");
		}
	};
	return runChild({ ...tools, ...more, command: shell ? shellCommand(command, tools.env) : command, onUnseen });
}

function isTold(
	{ only, longerThanMs, notifyOn, pid }: RunOptions,
	end: Extract<ChildEnd, { started: true }>,
	durationMs: number,
): boolean {
	if (!notifyOn.has("exit") || durationMs < longerThanMs) return false;
	if (pid !== undefined) return !end.interrupted;
	return only === "all" || (only === "failures") === (exitCodeOf(end) !== 0);
}

interface Telling {
	teller: TaskTeller | undefined;
	log: LogFile | undefined;
}

async function tell(finished: Finished, { wait }: RunOptions, tools: RunTools, { teller, log }: Telling) {
	if (teller === undefined) {
		if (tools.terminals.stderr && tools.showOnDesktop === undefined)
			tools.say("claude-notify: nobody is told: this machine is not paired. Run claude-notify login.");
		return;
	}
	try {
		const sent = teller.end(finished, log);
		if (wait) await atMost(sent);
		if (wait) sayRefusal(teller, tools);
	} catch (error) {
		tools.say(`claude-notify: the end could not be kept: ${error instanceof Error ? error.message : "unknown reason"}`);
	}
}

/** The server's words: nothing of them may move the cursor. */
function sayRefusal(teller: TaskTeller | undefined, { say }: RunTools): void {
	const reason = teller?.refusal();
	if (reason !== undefined) say(`claude-notify: the server refused to tell: ${plainText(reason)}`);
}

async function showOnDesktop(finished: Finished, options: RunOptions, { cwd, showOnDesktop: show }: RunTools) {
	if (show === undefined || !options.desktop) return;
	const sound = options.sound === undefined ? undefined : resolve(cwd, options.sound);
	await atMost(show(endNote(finished, { ...options, sound })).catch(() => undefined));
}

async function atMost(work: Promise<unknown>): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	const over = new Promise((resolve) => {
		timer = setTimeout(resolve, waitMs);
	});
	await Promise.race([work, over]);
	clearTimeout(timer);
}

/** The person's own words for their own shell. */
function shellCommand(words: readonly string[], env: RunTools["env"]): [string, ...string[]] {
	return [env["SHELL"] ?? "/bin/sh", "-c", words.join(" ")];
}

function notStartedWords(
	{ command, pid }: RunOptions,
	{ code, reason }: Extract<ChildEnd, { started: false }>,
): string {
	if (command === undefined) return `claude-notify: there is no process ${pid}.`;
	const [program] = command;
	if (code === "EACCES") return `claude-notify: ${program} cannot be executed.`;
	if (code === "other") return `claude-notify: ${program} could not be started: ${reason}`;
	if (!builtins.test(program)) return `claude-notify: there is no command ${program}.`;
	return `claude-notify: ${program} is a part of the shell. Use claude-notify run --shell '${program} …'.`;
}
