import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { benchEnv } from "../helpers/bench-goals.ts";

// node tests/bench/run.ts <name> [--goals]: the table; with --goals it fails when a figure misses its goal, which only a quiet machine can promise.
const [name = "", ...flags] = process.argv.slice(2);
const child = spawn("vitest", ["run", "--config", resolve(import.meta.dirname, "vitest.config.ts"), name], {
	stdio: "inherit",
	shell: process.platform === "win32",
	env: benchEnv(flags.includes("--goals")),
});
child.once("close", (code) => {
	process.exitCode = code ?? 1;
});
