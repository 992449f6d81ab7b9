import { type ChildProcess, spawn } from "node:child_process";

/** `stdout` of a program that ended with 0. `failed`: it is not there, or ended otherwise. `late`: the time was up. */
export type ProgramEnd = { stdout: string } | "failed" | "late";

export interface ProgramOptions {
	env: Record<string, string | undefined>;
	cwd?: string;
	/** Aborted when nobody waits any longer. */
	deadline: AbortSignal;
	/** What is late is left to finish instead of being killed. */
	mayFinishLater?: boolean;
}

/** Runs a program by its argument list, never through a shell. Never rejects. */
export function runProgram(
	program: string,
	args: readonly string[],
	{ env, cwd, deadline, mayFinishLater = false }: ProgramOptions,
): Promise<ProgramEnd> {
	return new Promise((resolve) => {
		const stdout: Buffer[] = [];
		let child: ChildProcess;
		try {
			child = spawn(program, args, {
				env,
				cwd,
				stdio: ["ignore", mayFinishLater ? "ignore" : "pipe", "ignore"],
				detached: mayFinishLater,
				windowsHide: true,
			});
		} catch {
			resolve("failed");
			return;
		}
		const giveUp = () => {
			if (!mayFinishLater) child.kill("SIGKILL");
			child.stdout?.destroy();
			child.unref();
			resolve("late");
		};
		if (deadline.aborted) giveUp();
		deadline.addEventListener("abort", giveUp, { once: true });
		const end = (result: ProgramEnd) => {
			deadline.removeEventListener("abort", giveUp);
			resolve(result);
		};
		child.stdout?.on("data", (bytes: Buffer) => stdout.push(bytes));
		child.once("error", () => end("failed"));
		child.once("close", (code) => end(code === 0 ? { stdout: Buffer.concat(stdout).toString("utf8") } : "failed"));
	});
}

/** Starts the first of the programs that is there, and lets it be. */
export async function startFirst(
	programs: readonly (readonly [program: string, ...args: string[]])[],
	env: ProgramOptions["env"],
): Promise<void> {
	for (const [program, ...args] of programs) {
		const child = spawn(program, args, { env, stdio: "ignore", detached: true, windowsHide: true });
		const started = await new Promise<boolean>((resolve) => {
			child.once("spawn", () => resolve(true)).once("error", () => resolve(false));
		});
		child.unref();
		if (started) return;
	}
}
