import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pluginZip } from "../server/plugin-archive.ts";

// node .ci/release-zip.ts [path]: the plugin as one file, for a marketplace entry with an `archive` source.
const root = resolve(import.meta.dirname, "..");
const path = resolve(process.argv[2] ?? resolve(root, "test-results/notify.zip"));
await mkdir(dirname(path), { recursive: true });
await writeFile(path, pluginZip(root));
console.log(path);
