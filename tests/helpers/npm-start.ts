import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { pluginRoot } from "./loop.ts";
import { killTree } from "./processes.ts";
import { until } from "./until.ts";

/** `npm start` as the README has it, on a port and a data folder of this test's own. */
export async function npmStart(): Promise<{ url: string; said: string[] }> {
	const dataDir = await mkdtemp(join(tmpdir(), "claude-notify-readme-"));
	const child = spawn("npm", ["start"], {
		cwd: pluginRoot,
		env: {
			PATH: process.env["PATH"],
			HOME: process.env["HOME"],
			NODE_ENV: "development",
			PORT: "0",
			DATA_DIR: dataDir,
		},
		stdio: ["ignore", "pipe", "inherit"],
	});
	onTestFinished(async () => {
		await killTree(child.pid ?? 0);
		await rm(dataDir, { recursive: true, force: true });
	});
	const said: string[] = [];
	createInterface({ input: child.stdout }).on("line", (line) => said.push(line));
	const phonePage = await until(
		() => /http:\S+\/dev\/phone/.exec(said.join("\n"))?.[0],
		60_000,
		() => `npm start said: ${said.join("\n")}`,
	);
	return { url: new URL("/", phonePage).href, said };
}
