import { homedir, hostname } from "node:os";
import { uuidv7 } from "uuidv7";
import { createLog } from "../log.ts";
import { openInBrowser } from "../open-page.ts";
import { runCompanion } from "../run-companion.ts";
import { hasDesktop, readMessagingSocket, readSettings } from "../settings.ts";
import { clientSettingsFiles } from "../state/client-settings.ts";

const write = (line: string) => process.stderr.write(`${line}\n`);
const settings = readSettings(process.env, homedir, createLog("warn", write).warn);
const log = createLog(settings.logLevel, write);

// Claude Code never restarts a companion, and shows a failure for every hook that it misses: it ends with its client only.
process.on("uncaughtException", (error) => log.error(`unexpected: ${error.stack}`));
process.on("unhandledRejection", (error) =>
	log.error(`unexpected: ${error instanceof Error ? error.stack : "no Error"}`),
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(0));

await runCompanion({
	settings,
	log,
	now: () => new Date(),
	newId: uuidv7,
	hostname: hostname(),
	clientPid: process.ppid,
	guessedSessionId: process.env["CLAUDE_CODE_SESSION_ID"],
	socket: readMessagingSocket(process.env),
	platform: process.platform,
	env: process.env,
	settingsFiles: clientSettingsFiles(process.env, homedir(), process.platform),
	openPage: hasDesktop(process.env, process.platform) ? (url) => openInBrowser(url, log) : () => undefined,
	stdin: process.stdin,
	stdout: process.stdout,
	exit: () => process.exit(0),
	onExit: (last) => process.once("exit", last),
});
