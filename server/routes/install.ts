import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppDeps } from "../app-deps.ts";
import { cliArchive } from "../cli-package.ts";
import { AppError } from "../errors.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { archivePath, installScript } from "../install-script.ts";

const script = createRoute({
	method: "get",
	path: "/install.sh",
	tags: ["command line"],
	summary: "A shell script that installs this server's command line: curl -fsSL …/install.sh | sh",
	responses: {
		200: { description: "For sh, bash and the like", content: { "text/plain": { schema: z.string() } } },
	},
});
const archive = createRoute({
	method: "get",
	path: "/cli/{file}",
	tags: ["command line"],
	summary: "The command line as an npm package: npm install -g …/cli/claude-notify-<version>.tgz",
	request: { params: z.object({ file: z.string() }) },
	responses: {
		200: {
			description: "The archive whose SHA-256 stands in /install.sh",
			content: { "application/gzip": { schema: z.string() } },
		},
	},
});

/** A server installs its own command line, which then speaks to it. */
export function installRoutes({ projectRoot, publicUrl }: AppDeps): OpenAPIHono<AppEnv> {
	let made: { sh: string; version: string; tgz: Uint8Array<ArrayBuffer> } | undefined;
	function offered() {
		if (made === undefined) {
			const cli = cliArchive(projectRoot, publicUrl.href);
			made = { sh: installScript(projectRoot, publicUrl, cli), version: cli.version, tgz: new Uint8Array(cli.tgz) };
		}
		return made;
	}
	return createRouter()
		.openapi(script, (c) => c.text(offered().sh, 200, { "Cache-Control": "no-cache" }))
		.openapi(archive, (c) => {
			const { version, tgz } = offered();
			if (`/cli/${c.req.valid("param").file}` !== archivePath(version)) {
				throw new AppError("not_found", "There is no such version of the command line here.");
			}
			return c.body(tgz, 200, { "Content-Type": "application/gzip", "Cache-Control": "no-cache" });
		});
}
