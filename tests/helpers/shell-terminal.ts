import { join } from "node:path";
import type { Cli } from "./cli.ts";
import { openTerminal, type Terminal } from "./tmux.ts";
import { until } from "./until.ts";

let terminals = 0;

export interface ShellTerminal extends Terminal {
	/** Types a line and presses Enter. */
	type(line: string): Promise<void>;
	/** Waits until the screen shows it. */
	shows(words: RegExp): Promise<unknown>;
}

/** An interactive bash in a terminal of its own, in the folder above the home of `cli`: its jobs are a person's. */
export async function inShell(cli: Cli, work: (terminal: ShellTerminal) => Promise<void>): Promise<void> {
	const terminal = await openTerminal({
		socket: join(cli.home, `../tmux${terminals++}`),
		cwd: join(cli.home, ".."),
		env: cli.env({ TERM: "xterm-256color", PS1: "$ ", ENV: "" }),
		command: ["/bin/bash", "--norc", "--noprofile", "-i"],
	});
	const shows = (words: RegExp) =>
		until(
			async () => words.test(await terminal.screen()),
			30_000,
			() => terminal.screen(),
		);
	async function type(line: string): Promise<void> {
		await terminal.write(line);
		await terminal.press("Enter");
	}
	try {
		await work({ ...terminal, shows, type });
	} finally {
		await terminal.close();
	}
}
