import { spawnSync } from "node:child_process";

/** Remembers how the terminal on our standard input is set; what it gives brings that back after a program that died in raw mode. */
export function keepTerminalModes(isTerminal: boolean): () => void {
	if (!isTerminal) return () => undefined;
	const modes = stty(["-g"]);
	return () => {
		if (modes !== undefined && /^[0-9a-f:=a-z]+$/i.test(modes)) stty([modes]);
	};
}

function stty(args: string[]): string | undefined {
	const { status, stdout } = spawnSync("stty", args, {
		stdio: ["inherit", "pipe", "ignore"],
		encoding: "utf8",
		timeout: 2000,
	});
	return status === 0 ? stdout.trim() : undefined;
}
