import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { cliPackage } from "../server/cli-package.ts";

/** The folder that `npm pack` makes the command line's tarball of. */
export async function writeCliPackage(root: string, folder: string): Promise<void> {
	await rm(folder, { recursive: true, force: true });
	for (const [path, bytes] of cliPackage(root)) {
		await mkdir(dirname(join(folder, path)), { recursive: true });
		await writeFile(join(folder, path), bytes, { mode: path === "dist/cli.cjs" ? 0o755 : 0o644 });
	}
}

// node .ci/release-cli.ts [folder]: then `npm pack` in there.
if (import.meta.main) {
	const root = resolve(import.meta.dirname, "..");
	const folder = resolve(process.argv[2] ?? resolve(root, "test-results/package"));
	await writeCliPackage(root, folder);
	console.log(folder);
}
