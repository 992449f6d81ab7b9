import { basename } from "node:path";
import { maskSecrets } from "../contract/mask-secrets.ts";
import { type NotifyOn, notifyOn } from "../contract/notify-on.ts";
import { plainText } from "../plain-text.ts";
import { spanMs } from "../span-ms.ts";
import { readFlags } from "./run-flags.ts";

export interface RunOptions {
	/** What to run, word by word; never through a shell unless `shell` says so. Undefined with `pid`. */
	command: [string, ...string[]] | undefined;
	/** A process to watch instead. */
	pid: number | undefined;
	title: string;
	/** Without its secrets; null when the person hides it. */
	shownCommand: string | null;
	/** What to say instead of the end of the output. */
	message: string | undefined;
	channels: string[] | undefined;
	/** One of the person's own addresses. */
	notifyUser: string | undefined;
	notifyOn: ReadonlySet<NotifyOn>;
	/** Tell only of these ends. */
	only: "failures" | "successes" | "all";
	/** Tell only of what took at least so long. */
	longerThanMs: number;
	/** How often to tell what was printed. */
	every: { ms: number } | { lines: number };
	/** A line that matches it is told; in RE2's syntax. */
	pattern: string | undefined;
	/** Between two messages of the same kind before the end. */
	cooldownMs: number;
	startNotice: boolean;
	/** How often to tell that it still runs. */
	intervalMs: number | undefined;
	/** Keep the end of the output for the message. */
	capture: boolean;
	/** Keep the whole output on the server too. */
	fullLog: boolean;
	shell: boolean;
	desktop: boolean;
	sound: string | undefined;
	/** Wait until the server has taken the end, for two seconds at most. */
	wait: boolean;
}

/** What is wrong with the command line, or a wish for help. */
export type RunRefusal = { problem: string } | { help: true };

type Given = ReadonlyMap<string, string>;

/** A value of an option cannot be understood; `message` says what it must look like. */
class WrongValue extends Error {
	override readonly name = "WrongValue";
}

export function readRunOptions(words: readonly string[]): RunOptions | RunRefusal {
	const read = readFlags(words);
	if (!("flags" in read)) return read;
	try {
		return optionsOf(read.flags, read.rest);
	} catch (error) {
		if (error instanceof WrongValue) return { problem: error.message };
		throw error;
	}
}

function optionsOf(given: Given, rest: readonly string[]): RunOptions {
	const pid = pidOf(given);
	const command = commandOf(rest, pid);
	const [onFail, onSuccess] = [given.has("--on-fail"), given.has("--on-success")];
	const hidden = given.has("--hide-command");
	const own = command === undefined ? `process ${pid}` : defaultTitle(command, given.has("--shell"));
	const options: RunOptions = {
		command,
		pid,
		title: given.get("--title") ?? (hidden ? "command" : own),
		shownCommand: hidden ? null : maskSecrets(plainText(command?.join(" ") ?? own)),
		message: given.get("--message"),
		channels: namesOf(given.get("--channels")),
		notifyUser: given.get("--notify-user"),
		notifyOn: notifyOnOf(given),
		only: onFail === onSuccess ? "all" : onFail ? "failures" : "successes",
		longerThanMs: timeOf(given, "--longer-than") ?? 0,
		every: everyOf(given.get("--every") ?? "5m"),
		pattern: given.get("--pattern"),
		cooldownMs: timeOf(given, "--cooldown") ?? 60_000,
		startNotice: given.has("--start-notice"),
		intervalMs: timeOf(given, "--notify-interval"),
		capture: !given.has("--no-capture") && !hidden && command !== undefined,
		fullLog: given.has("--full-log"),
		shell: given.has("--shell"),
		desktop: !given.has("--no-desktop"),
		sound: given.get("--sound"),
		wait: given.has("--wait"),
	};
	refuseContradictions(given, options);
	return options;
}

function pidOf(given: Given): number | undefined {
	const pid = given.get("--pid");
	if (pid === undefined) return undefined;
	if (!/^[1-9]\d{0,9}$/.test(pid)) throw new WrongValue("--pid must be the number of a process: --pid 1234");
	return Number(pid);
}

function commandOf([program, ...args]: readonly string[], pid: number | undefined): RunOptions["command"] {
	if (pid !== undefined) {
		if (program !== undefined) throw new WrongValue("--pid watches a process: give it or a command, not both.");
		return undefined;
	}
	if (program === undefined || program === "") throw new WrongValue("Say what to run: claude-notify run make test");
	return [program, ...args];
}

function notifyOnOf(given: Given): ReadonlySet<NotifyOn> {
	const wanted = namesOf(given.get("--notify-on") ?? "exit") ?? [];
	const known = notifyOn.filter((name) => wanted.includes(name));
	if (known.length === 0 || wanted.some((name) => !known.some((each) => each === name))) {
		throw new WrongValue("--notify-on must be exit, partial or regex; several of them with commas between.");
	}
	return new Set(known);
}

function refuseContradictions(given: Given, { notifyOn: told, pattern, capture, intervalMs }: RunOptions): void {
	if (told.has("regex") && pattern === undefined) {
		throw new WrongValue("--notify-on regex needs a pattern: --pattern 'epoch (\\d+)'");
	}
	if (pattern !== undefined && !told.has("regex")) throw new WrongValue("--pattern needs --notify-on regex.");
	if (given.has("--every") && !told.has("partial")) throw new WrongValue("--every needs --notify-on partial.");
	if (!capture && (told.has("regex") || told.has("partial"))) {
		throw new WrongValue(
			"--notify-on partial and regex read the output: not with --no-capture, --hide-command or --pid.",
		);
	}
	if (intervalMs !== undefined && intervalMs < 1000) throw new WrongValue("--notify-interval must be 1s or more.");
}

function timeOf(given: Given, name: string): number | undefined {
	const text = given.get(name);
	if (text === undefined) return undefined;
	const ms = spanMs(text);
	if (ms === undefined) throw new WrongValue(`${name} must look like 90, 90s, 5m or 2h.`);
	return ms;
}

function everyOf(text: string): RunOptions["every"] {
	const lines = /^(\d{1,9})[- ]?lines?$/.exec(text.trim())?.[1];
	const every = lines === undefined ? { ms: spanMs(text) ?? 0 } : { lines: Number(lines) };
	if ("lines" in every ? every.lines > 0 : every.ms >= 1000) return every;
	throw new WrongValue("--every must look like 30s, 5m or 1000-lines.");
}

function namesOf(text: string | undefined): string[] | undefined {
	return text
		?.split(",")
		.map((name) => name.trim().toLowerCase())
		.filter((name) => name !== "");
}

/** Words after the program that say what it is about: `npm run build`, `git push`; no paths, options or values. */
const subcommand = /^[a-z][a-z0-9:_-]{0,30}$/i;

function defaultTitle([program, ...args]: readonly string[], shell: boolean): string {
	if (shell) return maskSecrets(plainText([program, ...args].join(" "))).slice(0, 60);
	const name = basename(program ?? "").replace(/\.(exe|cmd|bat)$/i, "");
	const [first, second] = args;
	if (first === undefined || !subcommand.test(first)) return name;
	const more = first === "run" && second !== undefined && subcommand.test(second) ? ` ${second}` : "";
	return maskSecrets(`${name} ${first}${more}`);
}
