import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { errorBody } from "../../src/contract/errors.ts";
import type { AppDeps } from "../app-deps.ts";
import { accessTokenScheme } from "../auth/bearer.ts";
import { sessionTokenScheme } from "../auth/session-bearer.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { replyTokenScheme } from "./commands.ts";
import { json } from "./json.ts";

const description = createRoute({
	method: "get",
	path: "/openapi.json",
	tags: ["operations"],
	summary: "This document",
	responses: { 200: json("OpenAPI 3.1", z.looseObject({})) },
});

/** The API's description, made of the very schemas that check the requests. `app` has every other route already. */
export function openApiRoutes(app: OpenAPIHono<AppEnv>, { version, publicUrl }: AppDeps): OpenAPIHono<AppEnv> {
	let document: object | undefined;
	return createRouter().openapi(description, (c) => {
		document ??= describe(app, version, publicUrl);
		return c.json(document, 200);
	});
}

function describe(app: OpenAPIHono<AppEnv>, version: string, publicUrl: URL): object {
	const registry = app.openAPIRegistry;
	for (const [name, text] of [
		[accessTokenScheme, "From /auth/exchange; together with the header x-device-fingerprint"],
		[sessionTokenScheme, "From /sessions/start; good for the routes of that one session"],
		[replyTokenScheme, "From /sessions/{id}/reply-token; good for /commands to that one session"],
	] as const) {
		registry.registerComponent("securitySchemes", name, { type: "http", scheme: "bearer", description: text });
	}
	const document = app.getOpenAPI31Document({
		openapi: "3.1.0",
		info: {
			title: "claude-notify",
			version,
			description: "Every route stands under /v1; the same paths without /v1 are aliases.",
			license: { name: "MIT", url: "https://opensource.org/license/mit" },
		},
		servers: [{ url: publicUrl.origin }],
	});
	for (const item of Object.values(document.paths ?? {})) {
		for (const operation of Object.values(item)) operation.responses.default ??= refusal;
	}
	const { $schema: _, ...error } = z.toJSONSchema(errorBody);
	const { components } = document;
	return { ...document, components: { ...components, schemas: { ...components?.schemas, Error: error } } };
}

const refusal = {
	description: "Refused or failed: the code, a sentence, and the id to find it in the log",
	content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
};
