import { basename } from "node:path";
import { maskSecrets } from "../contract/mask-secrets.ts";
import { plainText } from "../plain-text.ts";

export interface RunOptions {
	/** What to run, word by word; never through a shell unless `shell` says so. */
	command: [string, ...string[]];
	title: string;
	/** Without its secrets; null when the person hides it. */
	shownCommand: string | null;
	channels: string[] | undefined;
	/** Tell only of these ends. */
	only: "failures" | "successes" | "all";
	/** Tell only of what took at least so long. */
	longerThanMs: number;
	/** Keep the end of the output for the message. */
	capture: boolean;
	/** Keep the whole output on the server too. */
	fullLog: boolean;
	shell: boolean;
	/** Wait until the server has taken the end, for two seconds at most. */
	wait: boolean;
}

/** What is wrong with the command line, or a wish for help. */
export type RunRefusal = { problem: string } | { help: true };

interface Flag {
	hint?: string;
	help: string;
}

const flags = new Map<string, Flag>([
	["--title", { hint: "TEXT", help: "What stands over the message (default: the command and its subcommand)" }],
	["--channels", { hint: "A,B", help: "Only these of your channels" }],
	["--on-fail", { help: "Tell only when the command fails" }],
	["--on-success", { help: "Tell only when it succeeds" }],
	["--longer-than", { hint: "TIME", help: "Tell only when it took so long (90, 90s, 5m, 2h)" }],
	["--hide-command", { help: "Leave the command and its output out of the message" }],
	["--no-capture", { help: "Leave the output alone: nothing of it is in the message" }],
	["--full-log", { help: "Keep the whole output (10 MB at most) on the server, encrypted" }],
	["--shell", { help: "Run the words as a line of your shell (builtins, aliases in it, pipes)" }],
	["--wait", { help: "Wait until the server has it, 2 s at most (containers that end with the command)" }],
]);

export function runHelp(): string {
	const rows = [...flags].map(([name, { hint, help }]) => [hint === undefined ? name : `${name} ${hint}`, help]);
	const width = Math.max(...rows.map(([left = ""]) => left.length));
	return [
		"Run a command and tell your phone when it ends.",
		"",
		"USAGE claude-notify run [OPTIONS] [--] COMMAND [ARGUMENTS]",
		"",
		...rows.map(([left = "", help]) => `  ${left.padEnd(width)}  ${help}`),
		"",
		"It ends with the code of the command: 128+n for signal n, 126 and 127 as in a shell, 125 for a wrong option.",
	].join("\n");
}

/** Our options end at the first word that is none of them, or at `--`: the command's own stay untouched. */
export function readRunOptions(words: readonly string[]): RunOptions | RunRefusal {
	const given = new Map<string, string>();
	let rest = words;
	while (rest[0]?.startsWith("-") === true && rest[0] !== "--") {
		if (rest[0] === "--help" || rest[0] === "-h") return { help: true };
		const read = readFlag(rest[0], rest[1]);
		if ("problem" in read) return read;
		given.set(read.name, read.value);
		rest = rest.slice(read.words);
	}
	const [program, ...args] = rest[0] === "--" ? rest.slice(1) : rest;
	if (program === undefined || program === "") return { problem: "Say what to run: claude-notify run make test" };
	return optionsOf(given, [program, ...args]);
}

/** One option, and how many words it took up. */
function readFlag(
	word: string,
	next: string | undefined,
): { name: string; value: string; words: number } | { problem: string } {
	const [name = "", ...parts] = word.split("=");
	const inside = parts.length > 0;
	const flag = flags.get(name);
	if (flag === undefined || (flag.hint === undefined && inside)) {
		return { problem: `There is no option ${word}. claude-notify run --help lists them; -- ends them.` };
	}
	if (flag.hint === undefined) return { name, value: "", words: 1 };
	const value = inside ? parts.join("=") : next;
	if (value === undefined || value.trim() === "") return { problem: `${name} needs a value: ${name} ${flag.hint}` };
	return { name, value, words: inside ? 1 : 2 };
}

function optionsOf(given: ReadonlyMap<string, string>, command: [string, ...string[]]): RunOptions | RunRefusal {
	const longerThanMs = given.has("--longer-than") ? spanMs(given.get("--longer-than") ?? "") : 0;
	if (longerThanMs === undefined) return { problem: "--longer-than must look like 90, 90s, 5m or 2h." };
	const [onFail, onSuccess] = [given.has("--on-fail"), given.has("--on-success")];
	const hidden = given.has("--hide-command");
	return {
		command,
		title: given.get("--title") ?? (hidden ? "command" : defaultTitle(command, given.has("--shell"))),
		shownCommand: hidden ? null : maskSecrets(plainText(command.join(" "))),
		channels: given
			.get("--channels")
			?.split(",")
			.map((name) => name.trim().toLowerCase())
			.filter((name) => name !== ""),
		only: onFail === onSuccess ? "all" : onFail ? "failures" : "successes",
		longerThanMs,
		capture: !given.has("--no-capture") && !hidden,
		fullLog: given.has("--full-log"),
		shell: given.has("--shell"),
		wait: given.has("--wait"),
	};
}

const units = { "": 1000, s: 1000, m: 60_000, h: 3_600_000 } as const;

function spanMs(text: string): number | undefined {
	const [, count, unit] = /^(\d{1,6})([smh]?)$/.exec(text.trim()) ?? [];
	return unit === "" || unit === "s" || unit === "m" || unit === "h" ? Number(count) * units[unit] : undefined;
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
