import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CliArchive } from "./cli-package.ts";

/** `server/install.sh` for the server at this address, whose command line this is. */
export function installScript(root: string, publicUrl: URL, { version, sha256 }: CliArchive): string {
	const values = {
		server: publicUrl.origin,
		archive: new URL(archivePath(version), publicUrl).href,
		build: `${version}-${sha256.slice(0, 12)}`,
		sha256,
	};
	return Object.entries(values).reduce(
		(script, [name, value]) => withValue(script, name, value),
		readFileSync(join(root, "server/install.sh"), "utf8"),
	);
}

/** Where the server offers it. */
export function archivePath(version: string): string {
	return `/cli/claude-notify-${version}.tgz`;
}

function withValue(script: string, name: string, value: string): string {
	const line = new RegExp(`^\t${name}='[^']*'$`, "gm");
	if (script.match(line)?.length !== 1) throw new Error(`install.sh has no single line for ${name}.`);
	return script.replace(line, () => `\t${name}=${quoted(value)}`);
}

/** One word for a shell, whatever is in it. */
function quoted(value: string): string {
	return `'${value.replaceAll("'", "'\\''")}'`;
}
