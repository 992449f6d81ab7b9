import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { ChildEnd } from "./child-end.ts";

const everyMs = 500;

/** Waits until a process that is not ours has gone. Its exit code is its parent's to know. */
export async function watchProcess(pid: number, signals: NodeJS.Process): Promise<ChildEnd> {
	const birth = birthOf(pid);
	if (birth === undefined) return { started: false, code: "ENOENT", reason: "" };
	let interrupted = false;
	let wake: () => void = () => undefined;
	const onInterrupt = () => {
		interrupted = true;
		wake();
	};
	signals.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt);
	try {
		// A number is given again: another birth is another process.
		while (!interrupted && birthOf(pid) === birth) {
			await new Promise<void>((resolve) => {
				wake = resolve;
				setTimeout(resolve, everyMs);
			});
		}
	} finally {
		signals.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
	}
	return { started: true, exitCode: null, signal: interrupted ? "SIGINT" : null, interrupted };
}

/** When it was started, in whatever form the system gives it; undefined once it is gone, as a zombie too. */
function birthOf(pid: number): string | undefined {
	try {
		const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(")").at(-1)?.trim().split(" ") ?? [];
		return fields[0] === "Z" ? undefined : fields[19];
	} catch {
		const args = ["-o", "stat=,lstart=", "-p", String(pid)];
		const { stdout } = spawnSync("ps", args, { encoding: "utf8", timeout: 2000 });
		const [, state = "", birth] = /^\s*(\S+)\s+(.+)$/.exec(stdout ?? "") ?? [];
		return state.startsWith("Z") ? undefined : birth;
	}
}
