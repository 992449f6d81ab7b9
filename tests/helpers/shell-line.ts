import { execFile } from "node:child_process";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Ended {
	code: number;
	stdout: string;
	stderr: string;
}

/** A line as somebody types it, in their home folder, with this environment and nothing else. Never rejects. */
export function runShellLine(line: string, env: Record<string, string>): Promise<Ended> {
	return run("/bin/sh", ["-c", line], { env, cwd: env["HOME"] }).then(
		({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
		({ code, stdout, stderr }: Ended) => ({ code, stdout, stderr }),
	);
}

/** Every file below a folder with its inode, time and target: what a run has changed shows. */
export async function snapshotOf(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const lines = entries.map(async (entry) => {
		const full = join(entry.parentPath, entry.name);
		const { ino, mtimeMs, mode, size } = await lstat(full);
		return [full, ino, mtimeMs, mode, size, entry.isSymbolicLink() ? await readlink(full) : ""].join(" ");
	});
	return (await Promise.all(lines)).sort();
}
