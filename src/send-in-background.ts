import { spawn } from "node:child_process";

/** Sends what is queued from a process that outlives this one; resolves when that has ended. `script`: the command line's bundle. */
export function sendInBackground(node: string, script: string, env: Record<string, string | undefined>): Promise<void> {
	const child = spawn(node, [script, "send-tasks"], { detached: true, stdio: "ignore", windowsHide: true, env });
	child.unref();
	return new Promise((resolve) => {
		child.once("exit", () => resolve());
		// What is queued waits for the next one.
		child.once("error", () => resolve());
	});
}
