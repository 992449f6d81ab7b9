import { dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { uuidv7 } from "uuidv7";
import { ApiClient } from "./api-client.ts";
import type { CliTools } from "./cli/command.ts";
import { runCli } from "./cli/run-cli.ts";
import { sendTasks } from "./cli/send-tasks.ts";
import { Login } from "./companion/login.ts";
import { showOnDesktop } from "./desktop/show-on-desktop.ts";
import { createLog, type Log } from "./log.ts";
import { openInBrowser } from "./open-page.ts";
import { ownTerminal } from "./own-terminal.ts";
import { runProgram } from "./run-program.ts";
import type { MainOptions } from "./run-task.ts";
import { hasDesktop, readSettings, type Settings } from "./settings.ts";
import { AuthFile } from "./state/auth.ts";
import { readIfThere } from "./state/files.ts";
import { machineFingerprint } from "./state/machine.ts";

const now = () => new Date();
/** For how long a process in the background tries to reach a server that is away. */
const patienceMs = 60_000;

/** Every command but `run`, whose start must not pay for what the others load. Gives the exit code. */
export async function runCommandLine({ process: own, env, userHome, hostname, script }: MainOptions): Promise<number> {
	const say = (line: string) => void own.stderr.write(`${line}\n`);
	const source = { CLAUDE_NOTIFY_OPTION_SERVER_URL: installedServer(script), ...env };
	const settings = readSettings(source, userHome, createLog("warn", say).warn);
	const log = createLog(env["CLAUDE_NOTIFY_LOG_LEVEL"] === undefined ? "warn" : settings.logLevel, say);
	const login = openLogin(settings, log);
	const { home } = settings;
	const argv = own.argv.slice(2);
	if (argv[0] === "send-tasks") {
		await sendTasks({ home, login, log, patienceMs });
		return 0;
	}
	const { platform } = own;
	const tools: CliTools = {
		login,
		home,
		hostname,
		cwd: own.cwd(),
		now,
		newId: uuidv7,
		log,
		say,
		ask: (question: string) => ask(question, own),
		openPage: hasDesktop(env, platform) ? (url: string) => openInBrowser(url, log) : undefined,
		showOnDesktop: (note) => showOnDesktop(note, { platform, env, home, now, terminal: ownTerminal(own.stderr) }),
		runProgram,
		machine: { nodeVersion: own.version, platform, env, userHome, bundle: dirname(script) },
	};
	return runCli(argv, { print: (text) => void own.stdout.write(`${text}\n`), tools });
}

/** A command line that a server gave out knows that server; see `cliPackage`. */
function installedServer(script: string): string | undefined {
	return readIfThere(join(dirname(script), "server-url"));
}

function openLogin({ server, serverProblem, home }: Settings, log: Log): Login {
	const file = new AuthFile(home, now);
	if (server === undefined) return new Login({ file, api: { problem: serverProblem ?? "" }, log, now });
	return new Login({ file, api: new ApiClient({ server, fingerprint: machineFingerprint() }), log, now });
}

async function ask(question: string, { stdin, stderr }: NodeJS.Process): Promise<string | undefined> {
	if (!stdin.isTTY) return undefined;
	const terminal = createInterface({ input: stdin, output: stderr });
	const left = new Promise<undefined>((resolve) => terminal.once("close", () => resolve(undefined)));
	try {
		return await Promise.race([terminal.question(question), left]);
	} finally {
		terminal.close();
	}
}
