#!/usr/bin/env node
import { homedir, hostname } from "node:os";
import { runTask } from "../run-task.ts";

const [first, ...rest] = process.argv.slice(2);
const options = {
	process,
	env: process.env,
	userHome: homedir,
	hostname: hostname(),
	script: import.meta.url,
	loadPty: () => import("./run-on-pty.ts"),
	loadPatterns: () => import("./line-pattern.ts"),
};
process.exitCode =
	first === "run" ? await runTask(rest, options) : await (await import("./command-line.ts")).runCommandLine(options);
