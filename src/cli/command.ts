import type { ArgsDef, CommandDef, ParsedArgs } from "citty";
import type { Login } from "../companion/login.ts";
import type { DesktopNote, Shown } from "../desktop/show-on-desktop.ts";
import type { Log } from "../log.ts";
import type { ProgramEnd, ProgramOptions } from "../run-program.ts";
import type { ExitCode } from "./exit-codes.ts";

/** What the commands work with. Nothing in src/cli reads the environment or writes to a stream but by these. */
export interface CliTools {
	login: Login;
	home: string;
	hostname: string;
	cwd: string;
	now: () => Date;
	/** A new UUIDv7. */
	newId: () => string;
	log: Log;
	/** A line for the person, on stderr. */
	say: (line: string) => void;
	/** Asks the person at the terminal; undefined when there is none, or when they left. */
	ask: (question: string) => Promise<string | undefined>;
	/** Shows a page; undefined where there is no desktop to show it on. */
	openPage: ((url: string) => void) | undefined;
	/** Shows a note on this computer. Never rejects. */
	showOnDesktop: (note: DesktopNote) => Promise<Shown>;
	runProgram: (program: string, args: readonly string[], options: ProgramOptions) => Promise<ProgramEnd>;
	machine: Machine;
}

/** What only the entry may read. */
export interface Machine {
	nodeVersion: string;
	platform: NodeJS.Platform;
	env: Record<string, string | undefined>;
	userHome: () => string;
	/** The folder of the bundle that runs. */
	bundle: string;
}

export interface CliResult {
	/** What `--json` prints. */
	data: unknown;
	/** What a person reads instead, on stdout. */
	text: string;
	/** 0 if it is left out. */
	code?: ExitCode;
}

/** What the help knows of a command. */
export interface Listed {
	definition: CommandDef;
	/** A whole command line, for the help. */
	example: string;
}

/** One command. Throws UsageError, NotPaired, ServerUnreachable, ApiError: `runCli` turns them into words and exit codes. */
export interface CliCommand extends Listed {
	run(given: { args: Record<string, unknown>; words: string[] }, tools: CliTools): Promise<CliResult>;
}

/** The command line is wrong; `message` says what would be right. */
export class UsageError extends Error {
	override readonly name = "UsageError";
}

/** What was asked for cannot be done; `message` says why, and what can. */
export class CliFailure extends Error {
	override readonly name = "CliFailure";
	/** For programs. */
	readonly kind: string;

	constructor(kind: string, message: string) {
		super(message);
		this.kind = kind;
	}
}

interface Declared<T extends ArgsDef> {
	name: string;
	summary: string;
	example: string;
	args: T;
	run(args: ParsedArgs<T>, tools: CliTools): Promise<CliResult>;
}

const json = { json: { type: "boolean", description: "Print the result as JSON" } } as const;

/** citty parsed `args` by the very definition that types them, and looks a name up in either spelling. */
export function cliCommand<const T extends ArgsDef>({ name, summary, example, args, run }: Declared<T>): CliCommand {
	const definition = { meta: { name, description: summary }, args: { ...args, ...json } };
	return { definition, example, run: (given, tools) => run(given.args as ParsedArgs<T>, tools) };
}
