import { type ChildProcess, spawn } from "node:child_process";

/** Reads from us: when it gets nothing any more but the end, we were killed, and neither the command nor a raw terminal must stay behind. */
const script = `read -r x && exit
[ -z "$2" ] || stty "$2" <&1
kill -TERM "$1" 2>/dev/null; sleep 5; kill -KILL "$1" 2>/dev/null`;

export interface Guard {
	/** The command has ended: there is nothing left to guard. */
	release(): void;
}

/** Watches over the process `pid` while we live. `modes`: what our standard input, a terminal, is to be set to should we be killed. */
export function startGuard(pid: number, modes = ""): Guard {
	// A session of its own: what the terminal sends is not for it.
	const guard: ChildProcess = spawn("/bin/sh", ["-c", script, "claude-notify", String(pid), modes], {
		detached: true,
		stdio: ["pipe", modes === "" ? "ignore" : 0, "ignore"],
		env: { PATH: "/usr/bin:/bin" },
	});
	// A machine without /bin/sh has no guard.
	guard.on("error", () => undefined);
	guard.stdin?.on("error", () => undefined);
	guard.unref();
	return { release: () => void guard.stdin?.end("ended\n") };
}
