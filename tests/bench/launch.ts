import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";
import { benchEnv } from "../helpers/bench-goals.ts";

// node tests/bench/launch.ts <name> [--goals]: the table; with --goals it fails when a figure misses its goal, which only a quiet machine can promise.
const [name = "", ...flags] = process.argv.slice(2);
const folder = import.meta.dirname;
const program = resolve(folder, `${name}.ts`);

/** What is measured inside of the bench's own process is bundled as the server is: vitest's module runner costs half as much again. */
async function bundled(): Promise<string[]> {
	const outfile = resolve(folder, `../../node_modules/.cache/claude-notify/bench/${name}.mjs`);
	await build({
		entryPoints: [program],
		outfile,
		bundle: true,
		platform: "node",
		format: "esm",
		packages: "external",
		define: { "import.meta.dirname": JSON.stringify(folder) },
		logLevel: "error",
	});
	return [process.execPath, outfile];
}

const inVitest = ["vitest", "run", "--config", resolve(folder, "vitest.config.ts"), name];
const [command = "", ...args] = existsSync(program) ? await bundled() : inVitest;
const child = spawn(command, args, {
	stdio: "inherit",
	shell: process.platform === "win32",
	env: benchEnv(flags.includes("--goals")),
});
child.once("close", (code) => {
	process.exitCode = code ?? 1;
});
