import { execFile } from "node:child_process";
import { access, mkdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import lockfile from "proper-lockfile";
import { z } from "zod";

const run = promisify(execFile);

/** The Claude Code version that the suites are written against. */
const clientVersion = "2.1.329";

let installed: Promise<string> | undefined;

/**
 * Path of the pinned Claude Code client. It is kept outside the project (240 MB) in CLAUDE_NOTIFY_TEST_CLIENT,
 * default ~/.cache/claude-notify/client, and installed by npm when it is missing or another version.
 */
export function ensureClient(): Promise<string> {
	installed ??= install();
	return installed;
}

async function install(): Promise<string> {
	const folder = process.env["CLAUDE_NOTIFY_TEST_CLIENT"] ?? join(homedir(), ".cache/claude-notify/client");
	if (await isReady(folder)) return binary(folder);
	await mkdir(folder, { recursive: true });
	// Several test processes may find it missing at once; the others wait for the one that installs.
	const release = await lockfile.lock(folder, { retries: { retries: 300, minTimeout: 1000, maxTimeout: 1000 } });
	try {
		if (!(await isReady(folder))) await npmInstall(folder);
	} finally {
		await release();
	}
	if (!(await isReady(folder))) throw new Error(`npm did not put Claude Code ${clientVersion} into ${folder}`);
	return binary(folder);
}

function binary(folder: string): string {
	return join(folder, "node_modules/.bin/claude");
}

async function npmInstall(folder: string): Promise<void> {
	// The package's postinstall links the native binary, so scripts must run.
	const wanted = `@anthropic-ai/claude-code@${clientVersion}`;
	await run("npm", ["install", "--prefix", folder, "--save-exact", "--no-audit", "--no-fund", wanted], {
		cwd: folder,
		timeout: 600_000,
	});
	const { stdout } = await run(binary(folder), ["--version"], { timeout: 30_000 });
	if (!stdout.startsWith(clientVersion)) throw new Error(`${binary(folder)} says it is ${stdout.trim()}`);
}

async function isReady(folder: string): Promise<boolean> {
	try {
		const manifest = await readFile(join(folder, "node_modules/@anthropic-ai/claude-code/package.json"), "utf8");
		await access(binary(folder));
		return z.looseObject({ version: z.string() }).parse(JSON.parse(manifest)).version === clientVersion;
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
		throw error;
	}
}
