import { relative } from "node:path";
import { readEnv } from "./env.ts";
import { projectRoot, type RunningServer, startServer } from "./start.ts";

/** The process exits by itself even if a shutdown hangs. */
const shutdownMs = 9500;

const defaultAddress = "http://127.0.0.1:8787";

function say(line: string): void {
	process.stdout.write(`${line}\n`);
}

function introduce({ url, deps }: RunningServer): void {
	const root = relative(process.cwd(), projectRoot) || ".";
	const simulated = [...deps.channels.values()].some((channel) => channel.simulated);
	const phone = simulated ? new URL("/dev/phone", url).href : undefined;
	say(`claude-notify ${deps.version} listens on ${url.href}`);
	if (deps.channels.size === 0)
		say("No message can be sent:  set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER");
	if (phone !== undefined) say(`The phone simulator:  ${phone}`);
	// The plugin looks at the default address unless it is told another.
	const address = url.origin === defaultAddress ? "" : `CLAUDE_NOTIFY_URL=${deps.publicUrl.origin} `;
	say(`Start Claude Code:    ${address}claude --plugin-dir ${root}`);
	say(`Then pair, in there:  /notify-setup${simulated ? " sms +15550001111" : ""}`);
}

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
			log.error({ stack: error instanceof Error ? error.stack : "unknown" }, "shutdown failed");
		});
		process.exit(0);
	}
	process.on("SIGTERM", (signal) => void stop(signal));
	process.on("SIGINT", (signal) => void stop(signal));
}

try {
	const server = await startServer({ env: readEnv(process.env) });
	introduce(server);
	exitOnSignals(server);
} catch (error) {
	process.stderr.write(`${error instanceof Error ? error.message : "The server could not start."}\n`);
	process.exitCode = 1;
}
