import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** One program in a terminal of its own tmux server: no configuration of the user's, no other windows. */
export interface Terminal {
	/** The program itself: tmux starts it without a shell in between. */
	pid: number;
	/** Types the text as it is. */
	write(text: string): Promise<void>;
	/** Presses keys by tmux names: "Enter", "Escape", "C-c", "Down". */
	press(...keys: string[]): Promise<void>;
	/** What the terminal shows; stays readable after the program has ended. */
	screen(): Promise<string>;
	/** Appends all that the program writes from now on to a file, byte for byte. */
	record(path: string): Promise<void>;
	/** Closes the terminal: the program gets SIGHUP. */
	close(): Promise<void>;
}

export interface TerminalOptions {
	socket: string;
	cwd: string;
	env: Record<string, string>;
	command: readonly [string, string, ...string[]];
	columns?: number;
	rows?: number;
}

export async function openTerminal(options: TerminalOptions): Promise<Terminal> {
	const { socket, cwd, env, command, columns = 160, rows = 50 } = options;
	async function tmux(...args: string[]): Promise<string> {
		const { stdout } = await run("tmux", ["-S", socket, "-f", "/dev/null", ...args], { env });
		return stdout;
	}
	const size = ["-x", String(columns), "-y", String(rows)];
	// remain-on-exit keeps the last screen; without focus-events the client shows a notice about tmux.
	const settings = ["set", "-g", "exit-empty", "off", ";", "set", "-g", "remain-on-exit", "on", ";"];
	const quiet = ["set", "-g", "focus-events", "on", ";", "set", "-g", "status", "off", ";"];
	await tmux("start-server", ";", ...settings, ...quiet, "new-session", "-d", ...size, "-c", cwd, "--", ...command);
	return {
		pid: Number((await tmux("list-panes", "-F", "#{pane_pid}")).trim()),
		async write(text) {
			await tmux("send-keys", "-l", "--", text);
		},
		async press(...keys) {
			await tmux("send-keys", ...keys);
		},
		screen: () => tmux("capture-pane", "-p"),
		async record(path) {
			await tmux("pipe-pane", "-O", `exec cat >>'${path}'`);
		},
		async close() {
			await tmux("kill-server").catch((error: unknown) => {
				// Closed twice is closed.
				if (!/no server running|error connecting|lost server/.test(String(error))) throw error;
			});
		},
	};
}
