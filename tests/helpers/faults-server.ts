import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cp, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { buildServer } from "../../.ci/build.ts";
import { freePort } from "./free-port.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

const root = resolve(import.meta.dirname, "../..");

/** The server's bundle in a folder of its own, which no build of anybody changes during a run. */
export async function ownBundle(): Promise<AsyncDisposable & { main: string }> {
	const built = await buildServer(root);
	const folder = join(dirname(built), `../faults-${randomBytes(4).toString("hex")}`);
	// A build of another suite may be on its way.
	await cp(dirname(built), folder, { recursive: true, filter: (path) => !path.endsWith(".build-draft") });
	return {
		main: join(folder, basename(built)),
		[Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
	};
}

export interface FaultsServerOptions {
	main: string;
	env: Record<string, string>;
	/** Given to node itself. */
	nodeOptions?: string[];
}

/** The server process of `npm start`, to be killed and started again on the same port. */
export interface FaultsServer extends AsyncDisposable {
	url: URL;
	dataDir: string;
	/** Of the process that runs now. */
	pid(): number;
	start(): Promise<void>;
	/** SIGKILL unless another is asked for; resolves when the process is gone. */
	kill(signal?: NodeJS.Signals): Promise<void>;
	/** Ends of the process that no `kill` was the cause of. */
	unexpectedEnds(): string[];
	stderr(): string;
}

export async function faultsServer({ main, env, nodeOptions = [] }: FaultsServerOptions): Promise<FaultsServer> {
	const folder = await temporaryFolder();
	const port = await freePort();
	const url = new URL(`http://127.0.0.1:${port}`);
	const unexpected: string[] = [];
	let child: ChildProcess | undefined;
	let stderr = "";
	let expected = true;

	async function start(): Promise<void> {
		expected = false;
		const started = spawn(process.execPath, [...nodeOptions, main], {
			cwd: folder.path,
			env: { HOST: "127.0.0.1", PORT: String(port), DATA_DIR: folder.path, LOG_LEVEL: "warn", ...env },
			stdio: ["ignore", "ignore", "pipe"],
		});
		child = started;
		// A test that ran out of time leaves nothing behind.
		const orphaned = () => started.kill("SIGKILL");
		process.once("exit", orphaned);
		started.once("exit", () => process.off("exit", orphaned));
		started.stderr?.setEncoding("utf8").on("data", (text: string) => {
			stderr = (stderr + text).slice(-20_000);
		});
		started.once("exit", (code, signal) => {
			if (!expected) unexpected.push(`${code ?? signal}: ${stderr.slice(-1000)}`);
		});
		await until(
			() => started.exitCode !== null || started.signalCode !== null || isUp(url),
			180_000,
			() => `the server does not answer: ${stderr}`,
		);
	}
	async function kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
		expected = true;
		if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
		const ended = once(child, "exit");
		child.kill(signal);
		await ended;
	}
	return {
		url,
		dataDir: folder.path,
		pid: () => child?.pid ?? 0,
		start,
		kill,
		unexpectedEnds: () => unexpected,
		stderr: () => stderr,
		async [Symbol.asyncDispose]() {
			await kill();
			await folder[Symbol.asyncDispose]();
		},
	};
}

async function isUp(url: URL): Promise<boolean> {
	return fetch(new URL("/healthz", url), { signal: AbortSignal.timeout(2000) }).then(
		(answer) => answer.ok,
		() => false,
	);
}
