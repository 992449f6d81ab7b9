import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildPlugin } from "../.ci/build.ts";
import { writeCliPackage } from "../.ci/release-cli.ts";
import { cliArchive } from "../server/cli-package.ts";
import { version } from "../src/version.ts";
import { nodeDir } from "./helpers/processes.ts";
import { type TemporaryFolder, temporaryFolder } from "./helpers/temporary-folder.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..");
let folder: TemporaryFolder;
let packageFolder: string;
/** What `npm pack` made. */
let tarball: string;
/** npm that asks no registry and keeps its cache to itself. */
let npmEnv: Record<string, string>;

beforeAll(async () => {
	await buildPlugin(root);
	folder = await temporaryFolder();
	packageFolder = join(folder.path, "package");
	npmEnv = {
		PATH: `${await nodeDir(24)}:/usr/bin:/bin`,
		HOME: folder.path,
		npm_config_cache: join(folder.path, "npm-cache"),
		npm_config_registry: "http://127.0.0.1:9/",
		npm_config_fetch_retries: "0",
		npm_config_audit: "false",
		npm_config_update_notifier: "false",
	};
	await writeCliPackage(root, packageFolder);
	const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder.path], {
		cwd: packageFolder,
		env: npmEnv,
	});
	tarball = join(folder.path, JSON.parse(stdout)[0].filename);
});

afterAll(() => folder[Symbol.asyncDispose]());

async function unpacked(tgz: string): Promise<Map<string, { text: string; mode: number }>> {
	const target = join(folder.path, `unpacked-${Math.random().toString(36).slice(2)}`);
	await mkdir(target);
	await run("tar", ["-xzf", tgz, "-C", target]);
	const files = new Map<string, { text: string; mode: number }>();
	for (const entry of await readdir(target, { recursive: true, withFileTypes: true })) {
		if (!entry.isFile()) continue;
		const path = join(entry.parentPath, entry.name);
		files.set(path.slice(target.length + 1), {
			text: await readFile(path, "utf8"),
			mode: (await stat(path)).mode & 0o111,
		});
	}
	return files;
}

it("holds the command line, the plugin and what explains them: nothing of the server or the tests (row 15)", async () => {
	const files = [...(await unpacked(tarball)).keys()];
	expect(files.filter((path) => !path.startsWith("package/dist/")).sort()).toEqual([
		"package/LICENSE",
		"package/README.md",
		"package/package.json",
	]);
	for (const name of ["cli.cjs", "command-line.mjs", "companion.mjs", ".claude-plugin/plugin.json", ".mcp.json"]) {
		expect(files).toContain(`package/dist/${name}`);
	}
	expect((await stat(tarball)).size).toBeLessThan(2_000_000);
});

it("is what publint wants of a package (row 15)", async () => {
	const { messages } = await publint({ pkgDir: packageFolder, strict: true, pack: false });
	expect(messages).toEqual([]);
});

it("brings no dependency but the optional terminal (row 15)", async () => {
	const manifest = JSON.parse(await readFile(join(packageFolder, "package.json"), "utf8"));
	expect(manifest).not.toHaveProperty("dependencies");
	expect(Object.keys(manifest.optionalDependencies ?? {})).toEqual(["@lydell/node-pty"]);
	const bin = { "claude-notify": "dist/cli.cjs", "cc-fleet-notify": "dist/cli.cjs" };
	expect(manifest).toMatchObject({ version, private: true, bin });
});

it.each([20, 24] as const)(
	"the packed tarball installs with npm install -g, without network and scripts, and runs under both names on Node %i (rows 15, 26)",
	async (node) => {
		const prefix = join(folder.path, `global-${node}`);
		const env = { ...npmEnv, PATH: `${await nodeDir(node)}:/usr/bin:/bin` };
		const options = ["--offline", "--ignore-scripts", "--omit=optional", "--no-fund"];
		await run("npm", ["install", "--global", "--prefix", prefix, ...options, tarball], { env, cwd: folder.path });
		const installed = join(prefix, "bin/claude-notify");
		expect((await run(installed, ["--version"], { env })).stdout).toBe(`${version}\n`);
		expect((await run(installed, ["run", "echo", "hi"], { env })).stdout).toBe("hi\n");
		expect((await run(installed, ["--help"], { env })).stdout).toContain("login");
		const second = join(prefix, "bin/cc-fleet-notify");
		for (const words of [
			["--version"],
			["--help"],
			["notify", "--help"],
			["frobnicate"],
			["whoami"],
			["run", "--frob"],
			[],
		]) {
			const all = [installed, second].map((program) =>
				run(program, words, { env }).catch(({ code, stdout, stderr }) => ({ code, stdout, stderr })),
			);
			const [first, same] = await Promise.all(all);
			expect(same).toEqual(first);
		}
	},
);

it("runs with npx from the packed tarball (row 15)", async () => {
	const words = ["--yes", "--offline", "--ignore-scripts", "--omit=optional", `--package=${tarball}`];
	const { stdout } = await run("npx", [...words, "claude-notify", "--version"], { env: npmEnv, cwd: folder.path });
	expect(stdout).toBe(`${version}\n`);
});

it("is the same that a server gives out, but for that server's address, and always the same bytes", async () => {
	const { tgz, sha256 } = cliArchive(root, "https://notify.example.com/");
	expect(cliArchive(root, "https://notify.example.com/").sha256).toBe(sha256);
	const path = join(folder.path, "served/cli.tgz");
	await mkdir(dirname(path));
	await writeFile(path, tgz);
	const [served, packed] = [await unpacked(path), await unpacked(tarball)];
	expect(served.get("package/dist/server-url")?.text).toBe("https://notify.example.com\n");
	served.delete("package/dist/server-url");
	expect([...served.keys()].sort()).toEqual([...packed.keys()].sort());
	for (const [name, file] of served) expect(file.text === packed.get(name)?.text, name).toBe(true);
	expect(served.get("package/dist/cli.cjs")?.mode).not.toBe(0);
});

it("what run loads is below 48 kB and has no zod in it, which took longer than the rest of its start", async () => {
	const text = await readFile(join(packageFolder, "dist/cli.cjs"), "utf8");
	expect(Buffer.byteLength(text)).toBeLessThan(48_000);
	expect(text).not.toMatch(/zod/i);
});
