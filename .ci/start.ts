import { enableCompileCache } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { stop } from "esbuild";
import { buildPlugin, buildServer } from "./build.ts";

// npm's shell keeps a SIGTERM for itself and dies: without this the server would outlive the `npm start` that was stopped.
const shell = process.ppid;
const watch = setInterval(() => {
	if (process.ppid === shell) return;
	clearInterval(watch);
	process.kill(process.pid, "SIGTERM");
}, 500).unref();

// One process builds and then serves, so that Ctrl-C reaches the server itself.
const root = resolve(import.meta.dirname, "..");
const [main] = await Promise.all([buildServer(root), buildPlugin(root)]);
await stop();
enableCompileCache(join(root, "node_modules/.cache/claude-notify/compile"));
process.setSourceMapsEnabled(true);
await import(pathToFileURL(main).href);
