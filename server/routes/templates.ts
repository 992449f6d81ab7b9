import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { errorBody } from "../../src/contract/errors.ts";
import { newTemplate, template, templateType } from "../../src/contract/templates.ts";
import type { AppDeps } from "../app-deps.ts";
import { accessTokenScheme, requireUser } from "../auth/bearer.ts";
import { changeTemplate } from "../domain/audited-changes.ts";
import { readTemplate } from "../domain/templates.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { body, json } from "./json.ts";

const asItIs = { 200: json("As it is now, with the variables that there are", template) };
const refused = {
	400: json("No such type, an unknown variable, or too long: the known variables are named", errorBody),
};

/** A user's own words for the messages about each type of event, on every channel. */
export function templateRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const common = {
		path: "/templates/{type}" as const,
		tags: ["account"],
		security: [{ [accessTokenScheme]: [] }],
		middleware: requireUser(deps),
	};
	const params = z.object({ type: templateType });
	const read = createRoute({
		...common,
		method: "get",
		summary: "The own words for messages about this type of event",
		request: { params },
		responses: { ...asItIs, ...refused },
	});
	const put = createRoute({
		...common,
		method: "put",
		summary: "Say messages about this type of event in own words",
		request: { params, ...body(newTemplate) },
		responses: { ...asItIs, ...refused },
	});
	const remove = createRoute({
		...common,
		method: "delete",
		summary: "Back to the server's words",
		request: { params },
		responses: { ...asItIs, ...refused },
	});
	return createRouter()
		.openapi(read, async (c) => c.json(await readTemplate(deps, c.get("user").userId, c.req.valid("param").type), 200))
		.openapi(put, async (c) => {
			const { text } = c.req.valid("json");
			return c.json(await changeTemplate(deps, c.get("user"), c.req.valid("param").type, text), 200);
		})
		.openapi(remove, async (c) =>
			c.json(await changeTemplate(deps, c.get("user"), c.req.valid("param").type, null), 200),
		);
}
