import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Remembers how the terminal on our standard input is set; what it gives brings that back after a program that died in raw mode. */
export function keepTerminalModes(isTerminal: boolean): () => void {
	if (!isTerminal) return () => undefined;
	const modes = readTerminalModes();
	return () => {
		if (modes !== undefined) setTerminalModes(modes);
	};
}

/** In the form of `stty -g`; undefined where there is no stty. */
export function readTerminalModes(): string | undefined {
	const modes = stty(["-g"]);
	return modes !== undefined && /^[0-9a-f:=a-z]+$/i.test(modes) ? modes : undefined;
}

/** `modes` are words of stty, or what `readTerminalModes` gave. */
export function setTerminalModes(...modes: string[]): void {
	stty(modes);
}

function stty(args: string[]): string | undefined {
	const { status, stdout } = spawnSync("stty", args, {
		stdio: ["inherit", "pipe", "ignore"],
		encoding: "utf8",
		timeout: 2000,
	});
	return status === 0 ? stdout.trim() : undefined;
}

/** Whether we are the terminal's foreground job: one in the background that reads from it or changes its modes is stopped. */
export function isForeground(pid: number): boolean {
	try {
		// After the name in parentheses: state, parent, process group, session, terminal, the terminal's foreground group.
		const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(")").at(-1)?.trim().split(" ") ?? [];
		return fields[2] === fields[5];
	} catch {
		const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8", timeout: 2000 });
		return (stdout ?? "").includes("+");
	}
}
