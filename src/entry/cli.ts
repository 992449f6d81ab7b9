#!/usr/bin/env node
import { homedir, hostname } from "node:os";
import { runTask } from "../run-task.ts";

const [first, ...rest] = process.argv.slice(2);
const options = {
	process,
	env: process.env,
	userHome: homedir,
	hostname: hostname(),
	script: import.meta.filename,
	loadPty: () => import("./run-on-pty.ts"),
	loadPatterns: () => import("./line-pattern.ts"),
};
async function run(): Promise<number> {
	if (first === "run") return runTask(rest, options);
	const asksForHelp = rest.includes("--help") || rest.includes("-h");
	if (first === "hook" && !asksForHelp) return (await import("./agent-hook.ts")).runHook(rest, options);
	return (await import("./command-line.ts")).runCommandLine(options);
}

// This bundle is CommonJS, which has no await at the top: as a module it took a quarter longer to start.
void run().then((code) => {
	process.exitCode = code;
});
