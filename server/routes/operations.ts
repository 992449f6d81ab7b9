import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppDeps } from "../app-deps.ts";
import { checkReady } from "../domain/check-ready.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { json } from "./json.ts";

const health = z.object({ status: z.literal("ok"), version: z.string() });
const ready = z.object({ status: z.literal("ready") });
const jwks = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) });

const healthz = createRoute({
	method: "get",
	path: "/healthz",
	tags: ["operations"],
	summary: "Is the process alive",
	responses: { 200: json("It is", health) },
});
const readyz = createRoute({
	method: "get",
	path: "/readyz",
	tags: ["operations"],
	summary: "Can it take requests now",
	responses: { 200: json("It can: the database answers and no shutdown has begun", ready) },
});
const keys = createRoute({
	method: "get",
	path: "/.well-known/jwks.json",
	tags: ["operations"],
	summary: "The public keys of the access tokens",
	responses: { 200: json("RFC 7517", jwks) },
});

export function operationRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	return createRouter()
		.openapi(healthz, (c) => c.json({ status: "ok" as const, version: deps.version }, 200))
		.openapi(readyz, async (c) => {
			await checkReady(deps, deps.draining());
			return c.json({ status: "ready" as const }, 200);
		})
		.openapi(keys, (c) => {
			c.header("Cache-Control", "public, max-age=300");
			return c.json(jwks.parse(deps.tokens.jwks()), 200);
		});
}
