import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { errorBody } from "../../src/contract/errors.ts";
import { toldEvents, toldEventsQuery } from "../../src/contract/events.ts";
import { mute, muted, settingsPatch, userSettings } from "../../src/contract/settings.ts";
import type { AppDeps } from "../app-deps.ts";
import { accessTokenScheme, requireUser } from "../auth/bearer.ts";
import { requireSessionOrOwner, sessionTokenScheme } from "../auth/session-bearer.ts";
import { muteFromComputer, patchSettings } from "../domain/audited-changes.ts";
import { readOutcomes } from "../domain/event-outcomes.ts";
import { readSettings } from "../domain/settings.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { body, json } from "./json.ts";

const tags = ["account"];
const byUser = [{ [accessTokenScheme]: [] }];

/** When a phone is quiet: settings, mute, and what became of each event. */
export function settingsRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const middleware = requireUser(deps);
	const read = createRoute({
		method: "get",
		path: "/settings",
		tags,
		summary: "Every setting with its value, its default and what it is for",
		security: byUser,
		middleware,
		responses: { 200: json("As they are now", userSettings) },
	});
	const change = createRoute({
		method: "patch",
		path: "/settings",
		tags,
		summary: "Change settings; null brings a default back",
		security: byUser,
		middleware,
		request: body(settingsPatch),
		responses: {
			200: json("As they are now", userSettings),
			400: json("There is no such setting, or a value that it does not take; nothing was changed", errorBody),
		},
	});
	const silence = createRoute({
		method: "post",
		path: "/mute",
		tags,
		summary: "Send nothing for a while, of one session or of all; what happened is told at the end",
		security: byUser,
		middleware,
		request: body(mute),
		responses: { 200: json("Until when", muted), 404: json("There is no such session", errorBody) },
	});
	const told = createRoute({
		method: "get",
		path: "/sessions/{id}/events",
		tags: ["sessions"],
		summary: "The newest events, each with what became of it and why; the owner's access token will do too",
		security: [{ [sessionTokenScheme]: [] }, ...byUser],
		middleware: [requireSessionOrOwner(deps)] as const,
		request: { params: z.object({ id: z.uuid() }), query: toldEventsQuery },
		responses: { 200: json("The newest first", toldEvents) },
	});

	return createRouter()
		.openapi(read, async (c) => c.json(await readSettings(deps, c.get("user").userId), 200))
		.openapi(change, async (c) => c.json(await patchSettings(deps, c.get("user"), c.req.valid("json")), 200))
		.openapi(silence, async (c) => {
			const { until } = await muteFromComputer(deps, c.get("user"), c.req.valid("json"));
			return c.json({ muted_until: until?.toISOString() ?? null }, 200);
		})
		.openapi(told, async (c) =>
			c.json({ events: await readOutcomes(deps, c.get("session").id, c.req.valid("query").limit) }, 200),
		);
}
