import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { auditPage, auditQuery } from "../../src/contract/audit.ts";
import type { AppDeps } from "../app-deps.ts";
import { accessTokenScheme, requireUser } from "../auth/bearer.ts";
import { readAudit } from "../domain/read-audit.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { json } from "./json.ts";

/** Who did what from where. */
export function auditRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const read = createRoute({
		method: "get",
		path: "/audit",
		tags: ["account"],
		summary: "Replies, refusals, mutes, settings, channels and logins of the last 90 days; never the text of a reply",
		security: [{ [accessTokenScheme]: [] }],
		middleware: requireUser(deps),
		request: { query: auditQuery },
		responses: {
			200: json("The newest first", auditPage),
		},
	});
	return createRouter().openapi(read, async (c) =>
		c.json({ entries: await readAudit(deps, c.get("user").userId, c.req.valid("query")) }, 200),
	);
}
