import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";
import { createTar } from "nanotar";
import { z } from "zod";

const manifest = z.looseObject({
	name: z.string(),
	version: z.string(),
	description: z.string(),
	license: z.string(),
	bin: z.record(z.string(), z.string()),
	optionalDependencies: z.record(z.string(), z.string()).optional(),
});

/**
 * The command line as an npm package, by path: the plugin's bundles, and a package.json of its own, so that installing it brings none
 * of the server's dependencies. With `serverUrl` it speaks to that server unless CLAUDE_NOTIFY_URL says otherwise.
 */
export function cliPackage(root: string, serverUrl?: string): Map<string, Uint8Array> {
	const files = new Map<string, Uint8Array>([["package.json", Buffer.from(packageJson(root))]]);
	for (const path of ["LICENSE", "README.md"]) files.set(path, readFileSync(join(root, path)));
	const dist = readdirSync(join(root, "dist"), { recursive: true, withFileTypes: true });
	for (const entry of dist.filter((each) => each.isFile())) {
		const path = join(entry.parentPath, entry.name);
		files.set(relative(root, path).replaceAll(sep, "/"), readFileSync(path));
	}
	if (serverUrl !== undefined) files.set("dist/server-url", Buffer.from(`${new URL(serverUrl).origin}\n`));
	return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Private: the name belongs to somebody else on npm's registry, so nobody shall publish it there by accident. */
function packageJson(root: string): string {
	const text = readFileSync(join(root, "package.json"), "utf8");
	const { name, version, description, license, bin, optionalDependencies } = manifest.parse(JSON.parse(text));
	const written = {
		name,
		version,
		description,
		license,
		private: true,
		type: "module",
		bin,
		files: ["dist"],
		engines: { node: ">=20" },
		...(optionalDependencies === undefined ? {} : { optionalDependencies }),
	};
	return `${JSON.stringify(written, null, "\t")}\n`;
}

export interface CliArchive {
	version: string;
	tgz: Uint8Array;
	/** Of the tgz, in hex. */
	sha256: string;
}

/** npm's own: a moment that no zip or tar takes for missing. Milliseconds. */
const mtime = Date.UTC(1985, 9, 26, 8, 15);

/** The package as `npm pack` writes it: the same files give the same bytes. `npm install -g` takes its address. */
export function cliArchive(root: string, serverUrl?: string): CliArchive {
	const files = cliPackage(root, serverUrl);
	const { version } = manifest.parse(JSON.parse(Buffer.from(files.get("package.json") ?? []).toString("utf8")));
	const entries = [...files].map(([path, data]) => ({
		name: `package/${path}`,
		data,
		attrs: { mode: path === "dist/cli.cjs" ? "755" : "644" },
	}));
	const tgz = gzipSync(createTar(entries, { attrs: { uid: 0, gid: 0, mtime } }), { level: 9 });
	return { version, tgz, sha256: createHash("sha256").update(tgz).digest("hex") };
}
