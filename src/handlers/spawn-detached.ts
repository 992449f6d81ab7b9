import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Starts `script` in a process that outlives this one and its client, with `input` on its stdin. */
export function spawnDetached(script: URL, input: string): void {
	const child = spawn(process.execPath, [fileURLToPath(script)], {
		detached: true,
		stdio: ["pipe", "ignore", "ignore"],
		windowsHide: true,
	});
	child.unref();
	// This process ends once the pipe has taken the input.
	child.stdin.end(input);
}
