import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { errorBody } from "../../src/contract/errors.ts";
import { accountStatus, deliveryReport, testStarted } from "../../src/contract/sessions.ts";
import type { AppDeps } from "../app-deps.ts";
import { accessTokenScheme, requireUser } from "../auth/bearer.ts";
import { readAccountStatus } from "../domain/account-status.ts";
import { awaitDelivery } from "../domain/delivery-report.ts";
import { sendTest } from "../domain/send-test.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { body, json } from "./json.ts";

const tags = ["account"];
const security = [{ [accessTokenScheme]: [] }];

/** What a user sees of the whole: channels, sessions, a test message and its receipt. */
export function accountRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const middleware = requireUser(deps);
	const status = createRoute({
		method: "get",
		path: "/status",
		tags,
		summary: "The channels with the receipt of each one's last message, and the sessions that are monitored",
		security,
		middleware,
		responses: { 200: json("As it is now", accountStatus) },
	});
	const test = createRoute({
		method: "post",
		path: "/test",
		tags,
		summary: "Send one message to each channel now",
		security,
		middleware,
		request: body(z.strictObject({})),
		responses: {
			200: json("Queued", testStarted),
			409: json("No channel can be reached", errorBody),
			429: json("Too many tests in an hour", errorBody),
		},
	});
	const delivery = createRoute({
		method: "get",
		path: "/deliveries/{id}",
		tags,
		summary: "What became of a message",
		security,
		middleware,
		request: {
			params: z.object({ id: z.uuid() }),
			query: z.object({ wait: z.coerce.number().int().min(0).max(10).default(0) }),
		},
		responses: { 200: json("As it is now, or once it has settled within `wait` seconds", deliveryReport) },
	});

	return createRouter()
		.openapi(status, async (c) => c.json(await readAccountStatus(deps, c.get("user").userId), 200))
		.openapi(test, async (c) => c.json({ deliveries: await sendTest(deps, c.get("user").userId) }, 200))
		.openapi(delivery, async (c) => {
			const waiting = {
				waitMs: c.req.valid("query").wait * 1000,
				signal: c.req.raw.signal,
				stopped: deps.draining,
			};
			return c.json(await awaitDelivery(deps, c.get("user").userId, c.req.valid("param").id, waiting), 200);
		});
}
