import { type ChildProcess, spawn } from "node:child_process";

/** Reads from us: when it gets nothing any more but the end, we were killed, and neither the command nor a raw terminal must stay behind. */
const script = `read -r pid
read -r x && exit
[ -z "$1" ] || stty "$1" <&1
[ -n "$pid" ] || exit
kill -TERM "$pid"; sleep 5; kill -KILL "$pid"`;

export interface Guard {
	/** From now on over this process. */
	watch(pid: number): void;
	/** The command has ended: there is nothing left to guard. */
	release(): void;
}

/** Ends the command should we be killed. `modes`: what our standard input, a terminal, is to be set to then. */
export function startGuard(modes = ""): Guard {
	// A session of its own: what the terminal sends is not for it.
	const guard: ChildProcess = spawn("/bin/sh", ["-c", script, "claude-notify", modes], {
		detached: true,
		stdio: ["pipe", modes === "" ? "ignore" : 0, "ignore"],
		env: { PATH: "/usr/bin:/bin" },
	});
	// A machine without /bin/sh has no guard.
	guard.on("error", () => undefined);
	guard.stdin?.on("error", () => undefined);
	guard.unref();
	return {
		watch: (pid) => void guard.stdin?.write(`${pid}\n`),
		release: () => void guard.stdin?.end("ended\n"),
	};
}
