import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { strToU8, zipSync } from "fflate";
import { z } from "zod";

export interface PluginArchive {
	/** Claude Code's marketplace.json with the zip as its only plugin. */
	marketplace: object;
	zip: Uint8Array;
	version: string;
	/** Of the zip, in hex: Claude Code refuses other bytes. */
	sha256: string;
}

const manifestShape = z.looseObject({ name: z.string(), version: z.string(), description: z.string() });
const marketplaceShape = z.looseObject({ name: z.string(), description: z.string(), owner: z.looseObject({}) });

const manifestPath = ".claude-plugin/plugin.json";

/** A zip cannot say an earlier time; the same files must give the same bytes wherever and whenever they are zipped. */
const mtime = new Date(1980, 0, 1);

const serverUrlOption = z.looseObject({
	userConfig: z.looseObject({ server_url: z.looseObject({ default: z.string() }) }),
});

/**
 * The plugin as one file: dist/ with README.md and LICENSE, and no package.json, so that installing it runs no npm.
 * With `serverUrl` it speaks to that server unless it is told otherwise.
 */
export function pluginZip(root: string, serverUrl?: string): Uint8Array {
	const files: Record<string, Uint8Array> = {};
	for (const path of filesBelow(join(root, "dist"))) files[path] = readFileSync(join(root, "dist", path));
	if (serverUrl !== undefined) {
		const manifest = serverUrlOption.parse(readJson(join(root, "dist", manifestPath)));
		manifest.userConfig.server_url.default = new URL(serverUrl).origin;
		files[manifestPath] = strToU8(`${JSON.stringify(manifest, null, "\t")}\n`);
	}
	for (const path of ["README.md", "LICENSE"]) files[path] = readFileSync(join(root, path));
	const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
	return zipSync(Object.fromEntries(sorted), { level: 9, mtime });
}

/** What `claude plugin marketplace add <publicUrl>/plugin/marketplace.json` is answered; Claude Code fetches archives over https only. */
export function pluginArchive(root: string, publicUrl: string): PluginArchive {
	const manifest = manifestShape.parse(readJson(join(root, "dist", manifestPath)));
	const market = marketplaceShape.parse(readJson(join(root, ".claude-plugin/marketplace.json")));
	const zip = pluginZip(root, publicUrl);
	const sha256 = createHash("sha256").update(zip).digest("hex");
	const { name, version, description } = manifest;
	const url = new URL(`/plugin/${name}-${version}.zip`, publicUrl).href;
	const plugins = [{ name, version, description, source: { source: "archive", url, sha256 } }];
	return { marketplace: { ...market, plugins }, zip, version, sha256 };
}

function filesBelow(folder: string): string[] {
	const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
	const files = entries.filter((entry) => entry.isFile());
	return files.map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, "/"));
}

function readJson(path: string): unknown {
	return JSON.parse(readFileSync(path, "utf8"));
}
