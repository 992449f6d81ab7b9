import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One output of a command: what it is given, and where we read if that is a pipe of ours. */
export interface OutputWay {
	forChild: "inherit" | "pipe" | number;
	/** A descriptor. */
	read: number | undefined;
}

const straight: OutputWay = { forChild: "inherit", read: undefined };
const nodesOwn: OutputWay = { forChild: "pipe", read: undefined };

/**
 * Ways for the outputs that are captured. Node's own "pipe" is a pair of sockets: /dev/stdout cannot be opened in it, and a command whose
 * reader has left gets ECONNRESET instead of SIGPIPE. Where there is no mkfifo it has to do.
 */
export function outputWays(captured: { stdout: boolean; stderr: boolean }): { stdout: OutputWay; stderr: OutputWay } {
	const ways = (pipe: (at: 0 | 1) => OutputWay) => ({
		stdout: captured.stdout ? pipe(0) : straight,
		stderr: captured.stderr ? pipe(1) : straight,
	});
	if (!captured.stdout && !captured.stderr) return ways(() => straight);
	let folder: string | undefined;
	try {
		folder = mkdtempSync(join(tmpdir(), "claude-notify-"));
		const paths = [join(folder, "out"), join(folder, "err")] as const;
		const { status } = spawnSync("mkfifo", ["-m", "600", ...paths], { stdio: "ignore", timeout: 2000 });
		return status === 0 ? ways((at) => openPipe(paths[at])) : ways(() => nodesOwn);
	} catch {
		return ways(() => nodesOwn);
	} finally {
		if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
	}
}

/** The reading end first, and not blocking: opening one end alone would wait for the other. */
function openPipe(path: string): OutputWay {
	const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
	return { forChild: openSync(path, constants.O_WRONLY), read };
}

/** Once the command has its ends, ours must go: else the pipe would never be at its end. */
export function closeOurs({ stdout, stderr }: { stdout: OutputWay; stderr: OutputWay }): void {
	for (const { forChild } of [stdout, stderr]) if (typeof forChild === "number") closeSync(forChild);
}
