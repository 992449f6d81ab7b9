import { enableCompileCache } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { stop } from "esbuild";
import { buildPlugin, buildServer } from "./build.ts";

// One process builds and then serves, so that a signal to `npm start` reaches the server itself.
const root = resolve(import.meta.dirname, "..");
const [main] = await Promise.all([buildServer(root), buildPlugin(root)]);
await stop();
enableCompileCache(join(root, "node_modules/.cache/claude-notify/compile"));
process.setSourceMapsEnabled(true);
await import(pathToFileURL(main).href);
