import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { descendants, killTree, nodeDir, waitUntilGone } from "./helpers/processes.ts";
import { until } from "./helpers/until.ts";

const root = resolve(import.meta.dirname, "..");

async function npmStart(env: Record<string, string>): Promise<{ child: ChildProcess; said: () => string }> {
	const dataDir = await mkdtemp(join(tmpdir(), "claude-notify-start-"));
	onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
	const child = spawn("npm", ["start"], {
		cwd: root,
		env: { PATH: `${await nodeDir(20)}:/usr/local/bin:/usr/bin:/bin`, HOME: dataDir, DATA_DIR: dataDir, ...env },
		stdio: ["ignore", "pipe", "pipe"],
	});
	onTestFinished(() => (child.pid === undefined ? undefined : killTree(child.pid)));
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream.on("data", (chunk) => {
			output += chunk;
		});
	}
	return { child, said: () => output };
}

it("npm start under Node 20 serves with the embedded database, says how to go on, and ends with its SIGTERM", async () => {
	const { child, said } = await npmStart({ PORT: "0" });
	const address = await until(
		() => /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(said())?.[1],
		60_000,
		() => `npm start said:\n${said()}`,
	);
	expect(said()).toContain("claude --plugin-dir .");
	expect(said()).toContain(`${address}/dev/phone`);
	expect(said()).toContain("/notify-setup");
	expect((await fetch(`${address}/healthz`)).status).toBe(200);
	expect((await fetch(`${address}/readyz`)).status).toBe(200);
	const started = await descendants(child.pid ?? 0);
	child.kill("SIGTERM");
	for (const pid of [child.pid ?? 0, ...started]) await waitUntilGone(pid, 12_000);
	await expect(fetch(`${address}/healthz`)).rejects.toThrow();
}, 90_000);

it("npm start with a bad configuration ends at once and lists every problem", async () => {
	const { child, said } = await npmStart({ PORT: "eighty", LOG_LEVEL: "loud" });
	const code = await new Promise((done) => child.once("close", done));
	expect(code).toBe(1);
	expect(said()).toContain("PORT: must be a port number");
	expect(said()).toContain("LOG_LEVEL: must be one of");
}, 60_000);
