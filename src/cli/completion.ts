import type { ArgsDef, CommandDef } from "citty";
import { cliCommand, UsageError } from "./command.ts";
import { runHelp } from "./run-flags.ts";

/** What a shell completes: the options of a command, and its fixed words. */
interface Completed {
	name: string;
	summary: string;
	options: string[];
	words: string[];
}

const actions: Record<string, string[]> = {
	config: ["list", "get", "set", "unset"],
	completion: ["bash", "zsh", "fish"],
};

type Listed = () => ReadonlyMap<string, { definition: CommandDef }>;

/** Made of the command table, so that it knows what --help knows; the script asks no program at each Tab. */
export const completionOf = (listed: Listed) =>
	cliCommand({
		name: "completion",
		summary: "Print what teaches your shell to complete claude-notify",
		example: 'eval "$(claude-notify completion bash)"',
		args: { shell: { type: "positional", description: "bash, zsh or fish" } },
		async run({ shell }) {
			const script = shell === "bash" ? bash : shell === "zsh" ? zsh : shell === "fish" ? fish : undefined;
			if (script === undefined) throw new UsageError("Use: claude-notify completion bash, zsh or fish");
			const text = script([
				...[...listed()].map(([name, { definition }]) => completed(name, definition)),
				runOptions(),
			]);
			return { data: { shell, script: text }, text };
		},
	});

function completed(name: string, { args, meta }: CommandDef): Completed {
	const options = Object.entries((args ?? {}) as ArgsDef).filter(([, { type }]) => type !== "positional");
	const summary = typeof meta === "object" && "description" in meta ? (meta.description ?? "") : "";
	return { name, summary, options: options.map(([option]) => `--${option}`), words: actions[name] ?? [] };
}

/** `run` has its own reader of options; its help lists them. */
function runOptions(): Completed {
	const options = [...runHelp().matchAll(/^\s+(--[a-z-]+)/gm)].map(([, option = ""]) => option);
	return { name: "run", summary: "Run a command and tell your phone when it ends", options, words: [] };
}

const wordsOf = ({ options, words }: Completed) => [...words, ...options, "--help"].join(" ");

function bash(commands: Completed[]): string {
	return [
		"# claude-notify: bash completion",
		"_claude_notify() {",
		'\tlocal word="${COMP_WORDS[COMP_CWORD]}" words=""',
		"\tif ((COMP_CWORD == 1)); then",
		`\t\twords="${commands.map(({ name }) => name).join(" ")} --help --version"`,
		"\telse",
		'\t\tcase "${COMP_WORDS[1]}" in',
		...commands.map((command) => `\t\t${command.name}) words="${wordsOf(command)}" ;;`),
		"\t\tesac",
		"\tfi",
		'\tCOMPREPLY=($(compgen -W "$words" -- "$word"))',
		// What comes after run is a command line of its own.
		'\tif [[ "${COMP_WORDS[1]}" == run && "$word" != -* && $COMP_CWORD -gt 1 ]]; then',
		"\t\tlocal IFS=$'\\n'",
		'\t\tCOMPREPLY=($(compgen -c -- "$word"; compgen -f -- "$word"))',
		"\tfi",
		"}",
		"complete -F _claude_notify claude-notify",
	].join("\n");
}

function zsh(commands: Completed[]): string {
	return [
		"#compdef claude-notify",
		"_claude_notify() {",
		"\tif (( CURRENT == 2 )); then",
		"\t\tlocal -a subcommands=(",
		...commands.map(({ name, summary }) => `\t\t\t${quoted(`${name}:${summary}`)}`),
		"\t\t)",
		"\t\t_describe command subcommands",
		"\t\treturn",
		"\tfi",
		'\tcase "$words[2]" in',
		"\trun)",
		"\t\tif [[ $PREFIX != -* ]]; then _command_names -e; _files; return; fi",
		`\t\tcompadd -- ${wordsOf(runOptions())} ;;`,
		...commands
			.filter(({ name }) => name !== "run")
			.map((command) => `\t${command.name}) compadd -- ${wordsOf(command)} ;;`),
		"\tesac",
		"}",
		// Both a file on fpath and the argument of eval.
		'if [[ "$funcstack[1]" == _claude_notify ]]; then _claude_notify "$@"; else compdef _claude_notify claude-notify; fi',
	].join("\n");
}

function fish(commands: Completed[]): string {
	const first = "__fish_use_subcommand";
	return commands
		.flatMap((command) => {
			const { name, summary, options, words } = command;
			const inside = `'__fish_seen_subcommand_from ${name}'`;
			return [
				`complete -c claude-notify -n ${first} -f -a ${name} -d ${quotedForFish(summary)}`,
				...options.map((option) => `complete -c claude-notify -n ${inside} -l ${option.slice(2)}`),
				...(words.length === 0 ? [] : [`complete -c claude-notify -n ${inside} -f -a '${words.join(" ")}'`]),
			];
		})
		.join("\n");
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const quotedForFish = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
