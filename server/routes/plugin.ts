import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppDeps } from "../app-deps.ts";
import { AppError } from "../errors.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { type PluginArchive, pluginArchive } from "../plugin-archive.ts";
import { json } from "./json.ts";

const marketplace = createRoute({
	method: "get",
	path: "/plugin/marketplace.json",
	tags: ["plugin"],
	summary: "What `claude plugin marketplace add` reads",
	responses: { 200: json("A marketplace with this server's plugin", z.looseObject({})) },
});
const archive = createRoute({
	method: "get",
	path: "/plugin/{file}",
	tags: ["plugin"],
	summary: "The plugin as a zip",
	request: { params: z.object({ file: z.string() }) },
	responses: {
		200: {
			description: "The zip whose SHA-256 the marketplace names",
			content: { "application/zip": { schema: z.string() } },
		},
	},
});

/** A hosted server installs its own plugin. Nothing is offered over plain http, where Claude Code fetches no archive. */
export function pluginRoutes({ pluginRoot, publicUrl }: AppDeps): OpenAPIHono<AppEnv> {
	const router = createRouter();
	if (pluginRoot === undefined) return router;
	const offered = once(() => pluginArchive(pluginRoot, publicUrl.href));
	return router
		.openapi(marketplace, (c) => c.json(offered().marketplace, 200, { "Cache-Control": "public, max-age=300" }))
		.openapi(archive, (c) => {
			const { version, zip } = offered();
			if (c.req.valid("param").file !== `notify-${version}.zip`) {
				throw new AppError("not_found", "There is no such version of the plugin here.");
			}
			return c.body(new Uint8Array(zip), 200, {
				"Content-Type": "application/zip",
				"Cache-Control": "public, max-age=86400, immutable",
			});
		});
}

/** Zipping takes a while and its result never changes while the server runs. */
function once(make: () => PluginArchive): () => PluginArchive {
	let made: PluginArchive | undefined;
	return () => {
		made ??= make();
		return made;
	};
}
