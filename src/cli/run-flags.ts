interface Flag {
	hint?: string;
	help: string;
	/** It may be given several times. */
	many?: boolean;
}

const flags = new Map<string, Flag>([
	["--title", { hint: "TEXT", help: "What stands over the message (default: the command and its subcommand)" }],
	["--message", { hint: "TEXT", help: "What the message says instead of the end of the output" }],
	["--channels", { hint: "A,B", help: "Only these of your channels" }],
	["--notify-user", { hint: "CONTACT", help: "Only this one of your own addresses" }],
	["--on-fail", { help: "Tell only when the command fails" }],
	["--on-success", { help: "Tell only when it succeeds" }],
	["--longer-than", { hint: "TIME", help: "Tell only when it took so long (90, 90s, 5m, 2h)" }],
	["--notify-on", { hint: "WHAT", help: "exit (default), partial, regex; several of them with commas", many: true }],
	["--every", { hint: "TIME", help: "With partial: how often, in time or lines (default 5m; 30s, 1000-lines)" }],
	["--pattern", { hint: "REGEX", help: "With regex: tell of a line that matches (RE2 syntax)" }],
	["--cooldown", { hint: "TIME", help: "Least time between two messages of partial or regex (default 1m)" }],
	["--start-notice", { help: "Tell that it begins, too" }],
	["--notify-interval", { hint: "TIME", help: "Tell every so often that it still runs (30s)" }],
	["--hide-command", { help: "Leave the command and its output out of the message" }],
	["--no-capture", { help: "Leave the output alone: nothing of it is in the message" }],
	["--full-log", { help: "Keep the whole output (10 MB at most) on the server, encrypted" }],
	["--shell", { help: "Run the words as a line of your shell (builtins, aliases in it, pipes)" }],
	["--pid", { hint: "N", help: "Watch a process that runs already, instead of a command" }],
	["--no-desktop", { help: "Show nothing on this computer's desktop" }],
	["--sound", { hint: "PATH", help: "A sound file to play with the note on the desktop" }],
	["--wait", { help: "Wait until the server has it, 2 s at most (containers that end with the command)" }],
]);

export function runHelp(): string {
	const rows = [...flags].map(([name, { hint, help }]) => [hint === undefined ? name : `${name} ${hint}`, help]);
	const width = Math.max(...rows.map(([left = ""]) => left.length));
	return [
		"Run a command and tell your phone when it ends.",
		"",
		"USAGE claude-notify run [OPTIONS] [--] COMMAND [ARGUMENTS]",
		"      claude-notify run [OPTIONS] --pid N",
		"",
		...rows.map(([left = "", help]) => `  ${left.padEnd(width)}  ${help}`),
		"",
		"It ends with the code of the command: 128+n for signal n, 126 and 127 as in a shell, 125 for a wrong option.",
	].join("\n");
}

export interface GivenFlags {
	flags: ReadonlyMap<string, string>;
	/** What follows them: the command's own. */
	rest: readonly string[];
}

/** Our options end at the first word that is none of them, or at `--`: the command's own stay untouched. */
export function readFlags(words: readonly string[]): GivenFlags | { problem: string } | { help: true } {
	const given = new Map<string, string>();
	let rest = words;
	while (rest[0]?.startsWith("-") === true && rest[0] !== "--") {
		if (rest[0] === "--help" || rest[0] === "-h") return { help: true };
		const read = readFlag(rest[0], rest[1]);
		if ("problem" in read) return read;
		const before = flags.get(read.name)?.many === true ? given.get(read.name) : undefined;
		given.set(read.name, before === undefined ? read.value : `${before},${read.value}`);
		rest = rest.slice(read.words);
	}
	return { flags: given, rest: rest[0] === "--" ? rest.slice(1) : rest };
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
