import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { buildPlugin } from "../.ci/build.ts";
import { type PluginArchive, pluginArchive } from "../server/plugin-archive.ts";
import { type ClientHome, clientEnv, createClientHome } from "./helpers/client-home.ts";
import { ensureClient } from "./helpers/client-install.ts";
import { startMockModel } from "./helpers/mock-model.ts";
import { startExampleHost, startGitHost } from "./helpers/plugin-hosts.ts";
import { runPrint } from "./helpers/real-client.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..");
const archiveUrl = "https://notify.example.com";
let client: string;
let version: string;

beforeAll(async () => {
	client = await ensureClient();
	await buildPlugin(root);
	version = z.looseObject({ version: z.string() }).parse(await readJson(join(root, "package.json"))).version;
});

const installedPlugins = z.array(
	z.looseObject({
		id: z.string(),
		version: z.string(),
		enabled: z.boolean(),
		installPath: z.string(),
		readFromFolder: z.string().optional(),
		notes: z.array(z.string()).default([]),
		errors: z.array(z.unknown()).default([]),
	}),
);

/** A developer's machine on which only the client is installed. */
async function machine(env: Record<string, string> = {}) {
	const home = await createClientHome();
	onTestFinished(() => home[Symbol.asyncDispose]());
	// Nothing answers at port 9: without an address of its own the client would look for its maker's.
	const options = { cwd: home.cwd, env: clientEnv(home, "http://127.0.0.1:9", { env }) };
	const claude = (...args: string[]) => run(client, args, options);
	return {
		home,
		claude,
		async onlyPlugin() {
			const { stdout } = await claude("plugin", "list", "--json");
			const plugins = installedPlugins.parse(JSON.parse(stdout));
			expect(plugins).toHaveLength(1);
			return plugins[0];
		},
	};
}

async function readJson(path: string): Promise<unknown> {
	return JSON.parse(await readFile(path, "utf8"));
}

async function filesBelow(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const files = entries.filter((entry) => entry.isFile());
	return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}

/** What the client copied, without its own marker. */
async function installedFiles(home: ClientHome): Promise<string[]> {
	const folder = join(home.configDir, "plugins/cache/claude-notify/notify", version);
	return (await filesBelow(folder)).filter((path) => !path.startsWith(".in_use"));
}

describe("installing the plugin", () => {
	it.each([".", "dist"])(
		"starts from a manifest that the client's own strict check accepts: %s (row 1)",
		async (folder) => {
			const { claude } = await machine();
			const { stdout } = await claude("plugin", "validate", join(root, folder), "--strict");
			expect(stdout).toContain("Validation passed");
		},
	);

	it("from a folder shows it enabled, in this version, run from where it stands (row 1)", async () => {
		const { claude, onlyPlugin } = await machine();
		await claude("plugin", "marketplace", "add", root);
		await claude("plugin", "install", "notify@claude-notify", "--config", "server_url=http://127.0.0.1:9");
		expect(await onlyPlugin()).toMatchObject({
			id: "notify@claude-notify",
			version,
			enabled: true,
			readFromFolder: join(root, "dist"),
			notes: [],
			errors: [],
		});
	});

	it("from git copies dist/ alone and installs no package", async () => {
		await using host = await startGitHost(root);
		const { claude, home, onlyPlugin } = await machine();
		await claude("plugin", "marketplace", "add", host.url);
		await claude("plugin", "install", "notify@claude-notify");
		expect(await onlyPlugin()).toMatchObject({ id: "notify@claude-notify", enabled: true, notes: [], errors: [] });
		expect(await installedFiles(home)).toEqual(await filesBelow(join(root, "dist")));
		expect(await readdir(home.home)).not.toContain(".npm");
	});

	it("from a server's marketplace fetches that server's zip", async () => {
		const { env, asked, archive } = await exampleHost();
		const { claude, home, onlyPlugin } = await machine(env);
		await claude("plugin", "marketplace", "add", `${archiveUrl}/plugin/marketplace.json`);
		await claude("plugin", "install", "notify@claude-notify", "--config", `server_url=${archiveUrl}`);
		expect(asked).toEqual(["/plugin/marketplace.json", `/plugin/notify-${version}.zip`]);
		expect(await onlyPlugin()).toMatchObject({ version, enabled: true, notes: [], errors: [] });
		expect(await installedFiles(home)).toEqual(Object.keys(unzipSync(archive.zip)).sort());
	});

	it("from a server's marketplace is refused when the zip is not the one that it names", async () => {
		const { env } = await exampleHost(({ zip }) => zip.fill(0, -30, -25));
		const { claude } = await machine(env);
		await claude("plugin", "marketplace", "add", `${archiveUrl}/plugin/marketplace.json`);
		const refused = claude("plugin", "install", "notify@claude-notify");
		await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining("integrity check failed") });
		expect((await claude("plugin", "list", "--json")).stdout.trim()).toBe("[]");
	});

	it("by hand, from the unpacked zip, gives a session its companion", async () => {
		const folder = await mkdtemp(join(tmpdir(), "claude-notify-zip-"));
		onTestFinished(() => rm(folder, { recursive: true, force: true }));
		for (const [path, bytes] of Object.entries(unzipSync(pluginArchive(root, archiveUrl).zip))) {
			await mkdir(dirname(join(folder, path)), { recursive: true });
			await writeFile(join(folder, path), bytes);
		}
		await using model = await startMockModel();
		const result = await runPrint("hello", { model, pluginDirs: [folder] });
		expect(result).toMatchObject({ code: 0, stdout: "done\n" });
		expect(model.requests[0]?.tools).toContain("mcp__plugin_notify_companion__get_replies");
	});
});

async function exampleHost(spoil: (archive: PluginArchive) => void = () => undefined) {
	const archive = pluginArchive(root, archiveUrl);
	spoil(archive);
	const host = await startExampleHost({
		"/plugin/marketplace.json": JSON.stringify(archive.marketplace),
		[`/plugin/notify-${version}.zip`]: archive.zip,
	});
	onTestFinished(() => host[Symbol.asyncDispose]());
	return { env: host.env, asked: host.asked, archive };
}
