import { execFile } from "node:child_process";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { until } from "./until.ts";

const run = promisify(execFile);

/** False for a zombie too: tmux does not always collect the program that it started. */
export async function isAlive(pid: number): Promise<boolean> {
	// ps exits 1 when there is no such process.
	const { stdout } = await run("ps", ["-o", "stat=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
	const state = stdout.trim();
	return state !== "" && !state.startsWith("Z");
}

/** Sends a signal to a process that may be gone already. */
export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
	}
}

/** Every process below `pid`, children first. */
export async function descendants(pid: number): Promise<number[]> {
	const { stdout } = await run("ps", ["-A", "-o", "pid=,ppid="]);
	const pairs = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
	const found: number[] = [];
	let parents = [pid];
	while (parents.length > 0) {
		const children = pairs.filter(([, parent]) => parent !== undefined && parents.includes(parent));
		parents = children.flatMap(([child]) => child ?? []);
		found.push(...parents);
	}
	return found;
}

/** The companion's process below a client. */
export async function companionOf(client: number): Promise<number | undefined> {
	const { stdout } = await run("ps", ["-A", "-o", "pid=,ppid=,args="]);
	for (const line of stdout.split("\n")) {
		const [, pid, parent, args = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
		if (Number(parent) === client && args.includes("companion.mjs")) return Number(pid);
	}
	return undefined;
}

export async function waitUntilGone(pid: number, timeoutMs: number): Promise<void> {
	await until(
		async () => !(await isAlive(pid)),
		timeoutMs,
		() => `process ${pid} still runs`,
	);
}

/** Ends a process without its own clean-up, then whatever it had started and left behind. */
export async function killTree(pid: number): Promise<void> {
	const below = await descendants(pid);
	signalIfAlive(pid, "SIGKILL");
	await waitUntilGone(pid, 5000);
	// An MCP server ends by itself when its stdin does; a detached or deaf one does not.
	await Promise.all(below.map((child) => waitUntilGone(child, 1000).catch(() => signalIfAlive(child, "SIGKILL"))));
}

/** Folder of a Node of this major version, to be put first on PATH: from NODE20_DIR/NODE24_DIR, PATH, or the project's `node` package. */
export async function nodeDir(major: 20 | 24): Promise<string> {
	const bundled = resolve(import.meta.dirname, "../../node_modules/node/bin");
	const named = process.env[`NODE${major}_DIR`];
	const onPath = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
	for (const folder of [...(named === undefined ? [] : [named]), dirname(process.execPath), bundled, ...onPath]) {
		const version = await run(join(folder, "node"), ["--version"]).catch(() => undefined);
		if (version?.stdout.startsWith(`v${major}.`)) return folder;
	}
	throw new Error(`No Node ${major} found: put one on PATH or name its folder in NODE${major}_DIR`);
}
