import { warnOfChannels } from "./check-channels.ts";
import { readConfiguration } from "./configuration.ts";
import { configure } from "./configure.ts";
import { stackOf } from "./db/errors.ts";
import { readEnv } from "./env.ts";
import { introduction } from "./introduce.ts";
import { runOutboxCommand } from "./outbox-command.ts";
import { type RunningServer, startServer } from "./start.ts";

/** The process exits by itself even if a shutdown hangs. */
const shutdownMs = 9500;

function exitOnSignals(server: RunningServer): void {
	let stoppedAt: number | undefined;
	async function stop(signal: NodeJS.Signals): Promise<void> {
		if (stoppedAt !== undefined) {
			// Ctrl-C comes from the terminal and from npm in the same moment; a later signal is someone who does not want to wait.
			if (performance.now() - stoppedAt > 500) process.exit(130);
			return;
		}
		stoppedAt = performance.now();
		const { log } = server.deps;
		log.info({ signal }, "shutting down");
		setTimeout(() => process.exit(0), shutdownMs).unref();
		await server.close().catch((error: unknown) => {
			log.error({ stack: stackOf(error) }, "shutdown failed");
		});
		process.exit(0);
	}
	process.on("SIGTERM", (signal) => void stop(signal));
	process.on("SIGINT", (signal) => void stop(signal));
}

async function serve(): Promise<void> {
	const { given, warnings } = await readConfiguration(process.env, process.cwd());
	const env = readEnv(given);
	const server = await startServer({ env });
	for (const line of introduction(server, env, process.cwd())) process.stdout.write(`${line}\n`);
	exitOnSignals(server);
	for (const warning of warnings) server.deps.log.warn({}, warning);
	await warnOfChannels(env.channels, server.deps.log);
}

function runWizard(args: readonly string[]): Promise<number> {
	const { env: environment, stdin: input, stdout: output, stderr: error } = process;
	return configure({ args, environment, folder: process.cwd(), input, output, error });
}

function runOutbox(args: readonly string[]): Promise<number> {
	return runOutboxCommand({ args, environment: process.env, folder: process.cwd(), output: process.stdout });
}

try {
	const [command, ...args] = process.argv.slice(2);
	if (command === "configure") process.exitCode = await runWizard(args);
	else if (command === "outbox") process.exitCode = await runOutbox(args);
	else await serve();
} catch (error) {
	process.stderr.write(`${error instanceof Error ? error.message : "The server could not start."}\n`);
	process.exitCode = 1;
}
