import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { readBytesIfThere, readFolder, readIfThere, removeEmptyFolder, replaceFile } from "../state/files.ts";
import { marketplaceName } from "./plugin-entries.ts";
import type { AgentMachine } from "./targets.ts";

/** What a bundle's folder holds of ours; nothing else is copied from it, and nothing else is taken away from the copy. */
const own = [
	{ folder: "", names: /^([a-z-]+\.[cm]js|\.mcp\.json|LICENSE|THIRD-PARTY-NOTICES\.txt|server-url)$/ },
	{ folder: ".claude-plugin", names: /^(plugin|marketplace)\.json$/ },
	{ folder: "hooks", names: /^[a-z-]+\.json$/ },
	{ folder: "commands", names: /^[a-z-]+\.md$/ },
];

const manifestPath = ".claude-plugin/plugin.json";
const marketplacePath = ".claude-plugin/marketplace.json";

interface CopiedFile {
	bytes: Buffer;
	executable: boolean;
}

/** The folder that installed hooks lead to, whatever becomes of the checkout or package that they were installed from. */
export function stableFolder({ env, userHome }: AgentMachine): string {
	const given = env["XDG_DATA_HOME"];
	const data = given !== undefined && isAbsolute(given) ? given : join(userHome(), ".local/share");
	return join(data, "claude-notify", "plugin");
}

/** What the copy is to hold, by its path. Undefined where the running program is no bundle. */
export function bundledFiles({ bundle }: AgentMachine): Map<string, CopiedFile> | undefined {
	const files = new Map(ownFiles(bundle).map((path) => [path, readCopied(join(bundle, path))]));
	if (!files.has("cli.cjs") || !files.has(manifestPath)) return undefined;
	const server = readIfThere(join(bundle, "server-url"))?.trim();
	if (server !== undefined) set(files, manifestPath, (manifest) => withServer(manifest, server));
	const { description } = JSON.parse(files.get(manifestPath)?.bytes.toString("utf8") ?? "{}");
	const marketplace = {
		name: marketplaceName,
		description,
		owner: { name: "The claude-notify authors" },
		plugins: [{ name: "notify", source: "./" }],
	};
	set(files, marketplacePath, () => marketplace);
	return files;
}

function readCopied(path: string): CopiedFile {
	return { bytes: readFileSync(path), executable: (lstatSync(path).mode & 0o111) !== 0 };
}

function set(files: Map<string, CopiedFile>, path: string, value: (before: Record<string, unknown>) => unknown): void {
	const before = Object(JSON.parse(files.get(path)?.bytes.toString("utf8") ?? "{}"));
	files.set(path, { bytes: Buffer.from(`${JSON.stringify(value(before), null, "\t")}\n`), executable: false });
}

/** As `pluginZip` does it: a plugin that a server has given out speaks to that server. */
function withServer(manifest: Record<string, unknown>, server: string): unknown {
	const userConfig = Object(manifest["userConfig"]);
	return { ...manifest, userConfig: { ...userConfig, server_url: { ...userConfig.server_url, default: server } } };
}

/** The paths of ours in a folder, without links. */
function ownFiles(folder: string): string[] {
	return own.flatMap(({ folder: below, names }) =>
		readFolder(join(folder, below))
			.filter((name) => names.test(name) && lstatSync(join(folder, below, name)).isFile())
			.map((name) => (below === "" ? name : `${below}/${name}`)),
	);
}

export interface CopyPlan {
	folder: string;
	/** What differs, or is not there yet. */
	write: Map<string, CopiedFile>;
	/** What a version before had. */
	remove: string[];
}

export function planCopy(folder: string, files: ReadonlyMap<string, CopiedFile>): CopyPlan {
	const write = new Map([...files].filter(([path, file]) => !isSame(join(folder, path), file)));
	return { folder, write, remove: ownFiles(folder).filter((path) => !files.has(path)) };
}

function isSame(path: string, { bytes, executable }: CopiedFile): boolean {
	const found = lstatSync(path, { throwIfNoEntry: false });
	if (!found?.isFile() || ((found.mode & 0o111) !== 0) !== executable) return false;
	return readBytesIfThere(path)?.equals(bytes) === true;
}

/** File by file, each in one step: sessions may be running from it. */
export function copyBundle({ folder, write, remove }: CopyPlan): void {
	for (const [path, { bytes, executable }] of write) {
		const target = join(folder, path);
		mkdirSync(dirname(target), { recursive: true });
		replaceFile(target, bytes, { mode: executable ? 0o755 : 0o644 });
	}
	for (const path of remove) rmSync(join(folder, path), { force: true });
}

/** Only what is ours; the folder itself where nothing else is in it. True when it is gone. */
export function removeCopy(folder: string): boolean {
	for (const path of ownFiles(folder)) rmSync(join(folder, path), { force: true });
	const folders = own.map(({ folder: below }) => join(folder, below)).sort((a, b) => b.length - a.length);
	for (const each of [...folders, dirname(folder)]) removeEmptyFolder(each);
	return !existsSync(folder);
}
