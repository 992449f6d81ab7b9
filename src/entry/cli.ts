#!/usr/bin/env node
import { homedir, hostname } from "node:os";
import { createInterface } from "node:readline/promises";
import { uuidv7 } from "uuidv7";
import { ApiClient } from "../api-client.ts";
import { runCli } from "../cli/run-cli.ts";
import { Login } from "../companion/login.ts";
import { createLog } from "../log.ts";
import { openInBrowser } from "../open-page.ts";
import { hasDesktop, readSettings } from "../settings.ts";
import { AuthFile } from "../state/auth.ts";
import { machineFingerprint } from "../state/machine.ts";

const say = (line: string) => void process.stderr.write(`${line}\n`);
const settings = readSettings(process.env, homedir, createLog("warn", say).warn);
const log = createLog(process.env["CLAUDE_NOTIFY_LOG_LEVEL"] === undefined ? "warn" : settings.logLevel, say);
const now = () => new Date();
const { home, server, serverProblem } = settings;
const api =
	server === undefined
		? { problem: serverProblem ?? "" }
		: new ApiClient({ server, fingerprint: machineFingerprint() });

async function ask(question: string): Promise<string | undefined> {
	if (!process.stdin.isTTY) return undefined;
	const terminal = createInterface({ input: process.stdin, output: process.stderr });
	const left = new Promise<undefined>((resolve) => terminal.once("close", () => resolve(undefined)));
	try {
		return await Promise.race([terminal.question(question), left]);
	} finally {
		terminal.close();
	}
}

process.exitCode = await runCli(process.argv.slice(2), {
	print: (text) => void process.stdout.write(`${text}\n`),
	tools: {
		login: new Login({ file: new AuthFile(home, now), api, log, now }),
		home,
		hostname: hostname(),
		cwd: process.cwd(),
		now,
		newId: uuidv7,
		log,
		say,
		ask,
		openPage: hasDesktop(process.env, process.platform) ? (url) => openInBrowser(url, log) : undefined,
	},
});
