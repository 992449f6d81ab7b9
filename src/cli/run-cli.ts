import { type ArgsDef, type CommandDef, parseArgs, renderUsage } from "citty";
import { ApiError, ServerUnreachable } from "../api-errors.ts";
import { NotPaired } from "../companion/login.ts";
import { reasonOf } from "../log.ts";
import { plainText } from "../plain-text.ts";
import { version } from "../version.ts";
import { logout, sessions, showVersion, status, test, whoami } from "./account.ts";
import { type CliCommand, CliFailure, type CliTools, type Listed, UsageError } from "./command.ts";
import { completionOf } from "./completion.ts";
import { config } from "./config.ts";
import { doctor } from "./doctor.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { hookListed } from "./hook.ts";
import { install } from "./install.ts";
import { login } from "./login.ts";
import { notify } from "./notify.ts";
import { send } from "./send.ts";
import { forTerminal } from "./terminal-words.ts";
import { uninstall } from "./uninstall.ts";
import { update } from "./update.ts";

const commands: ReadonlyMap<string, CliCommand> = new Map(
	[
		login,
		logout,
		whoami,
		status,
		sessions,
		send,
		notify,
		test,
		config,
		doctor,
		install,
		uninstall,
		update,
		completionOf(() => listed),
		showVersion,
	].map((command) => [nameOf(command), command]),
);

/** All that have a help. */
const listed: ReadonlyMap<string, Listed> = new Map<string, Listed>([...commands, [nameOf(hookListed), hookListed]]);

/** Listed here, run elsewhere: by `runTask`, before anything of this is loaded. */
const runListed: CommandDef = {
	meta: { name: "run", description: "Run a command and tell your phone when it ends" },
};

const main: CommandDef = {
	meta: { name: "claude-notify", version, description: "Your phone says when Claude Code or a command is done" },
	subCommands: {
		run: runListed,
		...Object.fromEntries([...listed].map(([name, { definition }]) => [name, definition])),
	},
};

export interface CliOutput {
	/** Data, on stdout. */
	print: (text: string) => void;
	tools: CliTools;
}

/** Runs one command line (without node and script). Never throws; gives what the process ends with. */
export async function runCli(argv: readonly string[], { print, tools }: CliOutput): Promise<ExitCode> {
	const [first, ...rest] = argv;
	const { say } = tools;
	if (first === undefined) {
		say(await usage(main));
		return exitCodes.usage;
	}
	if (isHelp(first)) {
		print(await usage(main));
		return exitCodes.ok;
	}
	const name = first === "--version" || first === "-v" ? "version" : first;
	const described = listed.get(name);
	if (described !== undefined && rest.some(isHelp)) {
		print(`${await usage(described.definition, main)}\n\nEXAMPLE ${described.example}`);
		return exitCodes.ok;
	}
	const command = commands.get(name);
	if (command === undefined) {
		say(`There is no command ${plainText(name)}. claude-notify --help lists them.`);
		return exitCodes.usage;
	}
	return runOne(command, rest, { print, tools });
}

async function runOne(command: CliCommand, rest: string[], { print, tools }: CliOutput): Promise<ExitCode> {
	const asJson = rest.includes("--json");
	try {
		const defined = (await command.definition.args) as ArgsDef;
		refuseUnknown(rest, defined);
		const args = parseArgs(rest, defined);
		const { data, text, code = exitCodes.ok } = await command.run({ args, words: args._ }, tools);
		print(asJson ? JSON.stringify(data) : plainText(text));
		return code;
	} catch (error) {
		const { code, message, kind } = failure(error);
		tools.say(plainText(message));
		if (asJson) print(JSON.stringify({ error: kind, message }));
		return code;
	}
}

interface Failure {
	code: ExitCode;
	/** For programs. */
	kind: string;
	message: string;
}

function failure(error: unknown): Failure {
	const message = forTerminal(reasonOf(error));
	if (error instanceof NotPaired) return { code: exitCodes.notPaired, kind: "not_paired", message };
	if (error instanceof ServerUnreachable) {
		const cure = "Is it running? Its address comes from CLAUDE_NOTIFY_URL.";
		return { code: exitCodes.unreachable, kind: "unreachable", message: `${message}.\n${cure}` };
	}
	if (error instanceof ApiError) return refusal(error, message);
	if (error instanceof CliFailure) {
		return { code: exitCodes.failed, kind: error.kind, message: forTerminal(error.message) };
	}
	if (error instanceof UsageError || (error instanceof Error && error.name === "CLIError")) {
		return { code: exitCodes.usage, kind: "usage", message };
	}
	return { code: exitCodes.failed, kind: "failed", message: `claude-notify failed: ${message}` };
}

function refusal({ status: httpStatus, code: kind, requestId }: ApiError, message: string): Failure {
	if (httpStatus >= 500) return { code: exitCodes.failed, kind, message: `${message} (request ${requestId})` };
	return { code: exitCodes.failed, kind, message };
}

/** citty takes any flag; a mistyped one must not be overlooked. */
function refuseUnknown(given: readonly string[], defined: ArgsDef): void {
	const known = new Set(Object.entries(defined).flatMap(([name, { type }]) => (type === "positional" ? [] : [name])));
	for (const word of given) {
		if (word === "--") return;
		const flag = /^--?(?:no-)?([^=]+)/.exec(word)?.[1];
		if (flag !== undefined && !known.has(flag)) throw new UsageError(`There is no option ${word}. See --help.`);
	}
}

function isHelp(word: string): boolean {
	return word === "--help" || word === "-h";
}

function nameOf({ definition }: Listed): string {
	const { meta } = definition;
	return typeof meta === "object" && "name" in meta ? (meta.name ?? "") : "";
}

async function usage(command: CommandDef, parent?: CommandDef): Promise<string> {
	return plainText(await renderUsage(command, parent));
}
