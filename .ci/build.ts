import { existsSync } from "node:fs";
import { glob, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { thirdPartyNotices } from "./notices.ts";

/** Claude Code installs the npm packages of a plugin folder that has a lockfile, so the folder it installs is dist/, which has none. */
const pluginTexts = [".claude-plugin/plugin.json", ".mcp.json", "hooks/*.json", "commands/*.md", "LICENSE"];

const common = {
	bundle: true,
	format: "esm",
	platform: "node",
	legalComments: "none",
	logLevel: "warning",
	metafile: true,
	write: false,
} as const satisfies BuildOptions;

const draftSuffix = ".build-draft";

const requireForCommonJs =
	'import{createRequire as createNodeRequire}from"node:module";const require=createNodeRequire(import.meta.url);\n';

/** A script's first line stays its first. */
function withRequire(text: string): string {
	const shebang = /^#!.*\n/.exec(text)?.[0] ?? "";
	return shebang + requireForCommonJs + text.slice(shebang.length);
}

/** zod re-exports 50 translations of its messages, a third of the companion's bytes; ours are English. */
const englishOnly: Plugin = {
	name: "zod-english-only",
	setup({ onLoad }) {
		onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
			contents: 'export { default as en } from "./en.js";',
		}));
	},
};

/** What `claude-notify run` needs seldom or never is in bundles of its own, so that it is not loaded for it. */
const entriesApart: Plugin = {
	name: "entries-apart",
	setup({ onResolve }) {
		onResolve({ filter: /^\.\/(agent-hook|command-line|line-pattern|run-on-pty)\.ts$/ }, ({ path, kind }) =>
			kind === "dynamic-import" ? { path: path.replace(/ts$/, "mjs"), external: true } : undefined,
		);
	},
};

/** Every file of dist/ by its path in there, made of the sources alone: same sources, same bytes. */
export async function pluginFiles(root: string): Promise<Map<string, string>> {
	const files = new Map<string, string>();
	for await (const path of glob(pluginTexts, { cwd: root })) {
		const text = await readFile(join(root, path), "utf8");
		files.set(path.replaceAll(sep, "/"), text.replaceAll("${CLAUDE_PLUGIN_ROOT}/dist/", "${CLAUDE_PLUGIN_ROOT}/"));
	}
	const bundles = await Promise.all([modules(root), commandLine(root)]);
	for (const { path, text } of bundles.flatMap(({ outputFiles }) => outputFiles)) {
		files.set(basename(path), text.includes("Dynamic require of") ? withRequire(text) : text);
	}
	const inputs = bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs));
	files.set("THIRD-PARTY-NOTICES.txt", await thirdPartyNotices(root, [...new Set(inputs)].sort()));
	return files;
}

const forPlugin = {
	...common,
	outdir: "dist",
	target: "node20",
	minify: true,
	plugins: [englishOnly, entriesApart],
	// Its main file is UMD, whose parts no bundler finds.
	alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
	// Native and optional: found where the package is installed by npm, done without elsewhere.
	external: ["@lydell/node-pty"],
} as const satisfies BuildOptions;

const commandLineEntry = "src/entry/cli.ts";

async function modules(root: string) {
	const entryPoints: string[] = [];
	for await (const path of glob("src/entry/*.ts", { cwd: root })) if (path !== commandLineEntry) entryPoints.push(path);
	return build({ ...forPlugin, absWorkingDir: root, entryPoints: entryPoints.sort(), outExtension: { ".js": ".mjs" } });
}

/** CommonJS: Node starts it in three quarters of the time that the same takes as a module. */
function commandLine(root: string) {
	return build({
		...forPlugin,
		absWorkingDir: root,
		entryPoints: [commandLineEntry],
		outExtension: { ".js": ".cjs" },
		format: "cjs",
		define: { "import.meta.filename": "__filename" },
	});
}

export async function buildPlugin(root: string): Promise<void> {
	await bringUpToDate(join(root, "dist"), await pluginFiles(root));
}

/**
 * Bundles the server, since Node's type stripping cannot run its JSX. Returns the file to run. Packages stay in
 * node_modules, but for drizzle-orm: its hundreds of small files cost half a second of every start.
 */
export async function buildServer(root: string): Promise<string> {
	const { dependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
	const folder = join(root, "node_modules/.cache/claude-notify/server");
	const { outputFiles } = await build({
		...common,
		absWorkingDir: root,
		entryPoints: ["server/main.ts"],
		outfile: join(folder, "main.mjs"),
		target: "node22",
		external: Object.keys(dependencies).filter((name) => name !== "drizzle-orm"),
		sourcemap: "linked",
		sourcesContent: false,
	});
	const files = new Map((outputFiles ?? []).map(({ path, text }) => [relative(folder, path), text]));
	const migrations = join(root, "server/db/migrations");
	for await (const path of glob("**/*.{sql,json}", { cwd: migrations })) {
		files.set(`migrations/${path.replaceAll(sep, "/")}`, await readFile(join(migrations, path), "utf8"));
	}
	await bringUpToDate(folder, files);
	return join(folder, "main.mjs");
}

/** Touches only what differs: a server or a session may be reading these files at this moment. */
async function bringUpToDate(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
	for (const [path, text] of files) await writeIfChanged(join(folder, path), text);
	for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
		const path = relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, "/");
		if (entry.isFile() && !files.has(path) && !path.endsWith(draftSuffix)) await rm(join(folder, path));
	}
}

async function writeIfChanged(path: string, text: string): Promise<void> {
	if (existsSync(path) && (await readFile(path, "utf8")) === text) return;
	await mkdir(dirname(path), { recursive: true });
	const draft = `${path}.${process.pid}${draftSuffix}`;
	await writeFile(draft, text);
	await rename(draft, path);
}

if (import.meta.main) {
	const root = resolve(import.meta.dirname, "..");
	await Promise.all([buildPlugin(root), buildServer(root)]);
}
