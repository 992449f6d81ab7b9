import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Lockfile, missingOptionals } from "./lockfile.ts";

// npm leaves packages of other platforms out of the lockfile when its registry does not have them, and `npm ci` then
// refuses the lockfile everywhere. This enters them by version, platform and, since nobody here has seen the bytes, no hash.
const path = resolve(import.meta.dirname, "../package-lock.json");
const lockfile: Lockfile = JSON.parse(await readFile(path, "utf8"));
for (const { folder, name, version } of missingOptionals(lockfile)) {
	lockfile.packages[folder] = { version, ...platformOf(name), dev: true, optional: true };
	console.log(`${name}@${version}`);
}
const sorted = Object.entries(lockfile.packages).sort(([a], [b]) => a.localeCompare(b, "en"));
await writeFile(path, `${JSON.stringify({ ...lockfile, packages: Object.fromEntries(sorted) }, undefined, "\t")}\n`);

/** Such packages are named after the platform: cli-darwin-arm64, binding-linux-arm-musleabihf. */
function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } {
	const [, os, cpu, abi = ""] =
		/-(android|darwin|freebsd|linux|openharmony|win32)-([a-z0-9]+)(?:-(\w+))?$/.exec(name) ?? [];
	if (os === undefined || cpu === undefined) throw new Error(`${name} does not say its platform: enter it by hand`);
	if (os !== "linux") return { os: [os], cpu: [cpu] };
	return { os: [os], cpu: [cpu], libc: [abi.startsWith("musl") ? "musl" : "glibc"] };
}
