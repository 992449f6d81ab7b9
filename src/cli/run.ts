import type { z } from "zod";
import type { taskFinished } from "../contract/tasks.ts";
import { TaskQueue } from "../state/task-queue.ts";
import { type ChildEnd, exitCodeOf } from "./child-end.ts";
import { type ChildOptions, runChild } from "./run-child.ts";
import { type RunOptions, readRunOptions, runHelp } from "./run-options.ts";
import { Tail } from "./tail.ts";

type Finished = z.input<typeof taskFinished>;

export interface RunTools extends Omit<ChildOptions, "command" | "sinks"> {
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
}

const ownFailure = 125;
/** The longest that a server can hold up the end of a command, and then only with --wait. */
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
	const nested = tools.env[taskVariable] !== undefined;
	const id = tools.newId();
	const tail = options.capture && !nested ? new Tail() : undefined;
	const began = performance.now();
	const command = options.shell ? shellCommand(options.command, tools.env) : options.command;
	const env = nested ? tools.env : { ...tools.env, [taskVariable]: id };
	const end = await runChild({ ...tools, command, env, sinks: tail === undefined ? [] : [tail] });
	const code = exitCodeOf(end);
	if (!end.started) {
		tools.say(notStartedWords(options.command[0], end));
		return code;
	}
	const durationMs = Math.round(performance.now() - began);
	if (nested || !isTold(options, code, durationMs)) return code;
	try {
		await tell(options, tools, { id, end, durationMs, tail });
	} catch (error) {
		tools.say(`claude-notify: the end could not be kept: ${error instanceof Error ? error.message : "unknown reason"}`);
	}
	return code;
}

function isTold({ only, longerThanMs }: RunOptions, code: number, durationMs: number): boolean {
	const wanted = only === "all" || (only === "failures") === (code !== 0);
	return wanted && durationMs >= longerThanMs;
}

interface Ended {
	id: string;
	end: Extract<ChildEnd, { started: true }>;
	durationMs: number;
	tail: Tail | undefined;
}

async function tell(options: RunOptions, tools: RunTools, { id, end, durationMs, tail }: Ended): Promise<void> {
	if (!tools.isPaired()) {
		if (tools.terminals.stderr)
			tools.say("claude-notify: nobody is told: this machine is not paired. Run claude-notify login.");
		return;
	}
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
		output_bytes: tail?.bytes ?? 0,
	};
	const { title, shownCommand: cmd, channels } = options;
	const { hostname, cwd } = tools;
	const start = { id, cmd, title, hostname, cwd, ...(channels === undefined ? {} : { channels }) };
	new TaskQueue(tools.home).put(id, { start, end: finished });
	const sent = tools.sendLater();
	if (!options.wait) return;
	let timer: NodeJS.Timeout | undefined;
	await Promise.race([
		sent,
		new Promise((resolve) => {
			timer = setTimeout(resolve, waitMs);
		}),
	]);
	clearTimeout(timer);
}

/** The person's own words for their own shell. */
function shellCommand(words: readonly string[], env: RunTools["env"]): [string, ...string[]] {
	return [env["SHELL"] ?? "/bin/sh", "-c", words.join(" ")];
}

function notStartedWords(program: string, { code, reason }: Extract<ChildEnd, { started: false }>): string {
	if (code === "EACCES") return `claude-notify: ${program} cannot be executed.`;
	if (code === "other") return `claude-notify: ${program} could not be started: ${reason}`;
	if (!builtins.test(program)) return `claude-notify: there is no command ${program}.`;
	return `claude-notify: ${program} is a part of the shell. Use claude-notify run --shell '${program} …'.`;
}
