import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { z } from "zod";

const apiKey = "sk-ant-api03-no-real-key-for-tests-0123456789ABCDEFGHIJ";

/** A home and a project folder for the real client, gone with the object. Hand it to several sessions to have them share a machine. */
export interface ClientHome extends AsyncDisposable {
	home: string;
	configDir: string;
	cwd: string;
	/** Short-lived files and sockets; TMPDIR of the client. */
	temporary: string;
	/** One more project folder that the client trusts. */
	addProject(name: string): Promise<string>;
}

/** Entries of `.claude.json` and `settings.json` that a test wants beside those that skip the dialogs. */
export interface ClientHomeOptions {
	config?: Record<string, unknown>;
	settings?: Record<string, unknown>;
}

export async function createClientHome({ config = {}, settings }: ClientHomeOptions = {}): Promise<ClientHome> {
	// Unix socket paths end at 104-108 bytes and the client puts its own below this folder: keep it short.
	const root = await realpath(await mkdtemp(join(tmpdir(), "cn-")));
	const home = join(root, "home");
	const configDir = join(home, ".claude");
	const temporary = join(root, "tmp");
	await mkdir(configDir, { recursive: true });
	await mkdir(temporary, { mode: 0o700 });
	await writeFile(
		join(configDir, ".claude.json"),
		JSON.stringify({
			numStartups: 5,
			hasCompletedOnboarding: true,
			lastOnboardingVersion: "9.9.9",
			theme: "dark",
			autoUpdates: false,
			customApiKeyResponses: { approved: [apiKey.slice(-20)], rejected: [] },
			...config,
		}),
	);
	if (settings !== undefined) await writeFile(join(configDir, "settings.json"), JSON.stringify(settings));
	async function addProject(name: string): Promise<string> {
		const folder = join(root, name);
		await mkdir(folder, { recursive: true });
		await trustProject(configDir, folder);
		return folder;
	}
	return {
		home,
		configDir,
		cwd: await addProject("project"),
		temporary,
		addProject,
		async [Symbol.asyncDispose]() {
			// The client's last writes (transcript, .claude.json) can land while the folder is being removed.
			await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
		},
	};
}

const clientConfig = z.looseObject({ projects: z.record(z.string(), z.unknown()).default({}) });

/** Answers the "do you trust this folder" dialog in advance. */
export async function trustProject(configDir: string, folder: string): Promise<void> {
	const path = join(configDir, ".claude.json");
	const config = clientConfig.parse(JSON.parse(await readFile(path, "utf8")));
	if (config.projects[folder] !== undefined) return;
	config.projects[folder] = { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true, allowedTools: [] };
	const next = `${path}.${randomUUID()}`;
	await writeFile(next, JSON.stringify(config));
	await rename(next, path);
}

/** The client's whole environment: nothing of the developer's own but PATH. */
export function clientEnv(
	machine: ClientHome,
	modelUrl: string,
	{ env = {}, nodeDir }: { env?: Record<string, string>; nodeDir?: string | undefined },
): Record<string, string> {
	const path = process.env["PATH"] ?? "/usr/bin:/bin";
	return {
		HOME: machine.home,
		CLAUDE_CONFIG_DIR: machine.configDir,
		TMPDIR: machine.temporary,
		CLAUDE_CODE_TMPDIR: machine.temporary,
		PATH: nodeDir === undefined ? path : `${nodeDir}${delimiter}${path}`,
		TERM: "xterm-256color",
		LANG: "C.UTF-8",
		SHELL: "/bin/bash",
		ANTHROPIC_BASE_URL: modelUrl,
		ANTHROPIC_API_KEY: apiKey,
		CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
		DISABLE_AUTOUPDATER: "1",
		...env,
	};
}
