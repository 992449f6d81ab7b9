import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** When the process began, in the system's own words: the same number at another time is another process. Undefined where there is none, or the system does not say. */
export async function startOf(pid: number): Promise<string | undefined> {
	try {
		const [stat, boot] = await Promise.all([
			readFile(`/proc/${pid}/stat`, "utf8"),
			readFile("/proc/sys/kernel/random/boot_id", "utf8"),
		]);
		// The name in brackets may hold anything; ticks since the boot stand 20 fields after it.
		const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
		return `${boot.trim()}:${ticks}`;
	} catch {
		// No Linux, or no such process.
	}
	const env = { LC_ALL: "C", TZ: "UTC" };
	const said = await run("/bin/ps", ["-o", "lstart=", "-p", String(pid)], { env }).catch(() => undefined);
	return said?.stdout.trim() || undefined;
}
