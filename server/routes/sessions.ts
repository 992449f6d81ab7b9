import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { errorBody } from "../../src/contract/errors.ts";
import { eventAccepted, reportEvent } from "../../src/contract/events.ts";
import {
	heartbeat,
	heartbeatAnswer,
	sessionStarted,
	sessionSummary,
	startSession as startInput,
	stopSession as stopInput,
} from "../../src/contract/sessions.ts";
import type { AppDeps } from "../app-deps.ts";
import { accessTokenScheme, requireUser } from "../auth/bearer.ts";
import { requireSession, requireSessionOrOwner, sessionTokenScheme } from "../auth/session-bearer.ts";
import { acceptEvent } from "../domain/accept-event.ts";
import { recordHeartbeat } from "../domain/record-heartbeat.ts";
import { startSession } from "../domain/start-session.ts";
import { stopSession } from "../domain/stop-session.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { body, json } from "./json.ts";

const tags = ["sessions"];
const params = z.object({ id: z.uuid() });
const bySession = [{ [sessionTokenScheme]: [] }];
const byUser = [{ [accessTokenScheme]: [] }];

/** A session's life: start, events, heartbeats, stop. */
export function sessionRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const start = createRoute({
		method: "post",
		path: "/sessions/start",
		tags,
		summary: "Begin to monitor a session",
		security: byUser,
		middleware: [requireUser(deps)] as const,
		request: body(startInput),
		responses: {
			200: json("It is monitored; the token is for this session's own routes", sessionStarted),
			409: json("It is monitored already; `details` has its session_id and handle", errorBody),
		},
	});
	const event = createRoute({
		method: "post",
		path: "/sessions/{id}/events",
		tags,
		summary: "Report what happened",
		security: bySession,
		middleware: [requireSession(deps)] as const,
		request: { params, ...body(reportEvent) },
		responses: {
			200: json("Stored. The same id again changes nothing and gets the first answer, as `duplicate`", eventAccepted),
			429: json("Stored, and held back on every channel; see Retry-After", eventAccepted.and(errorBody)),
		},
	});
	const beat = createRoute({
		method: "post",
		path: "/sessions/{id}/heartbeat",
		tags,
		summary: "Say that the session is alive, and when it was last active",
		security: bySession,
		middleware: [requireSession(deps)] as const,
		request: { params, ...body(heartbeat) },
		responses: { 200: json("Taken", heartbeatAnswer) },
	});
	const stop = createRoute({
		method: "post",
		path: "/sessions/{id}/stop",
		tags,
		summary: "End the monitoring; the owner's access token will do too",
		security: [...bySession, ...byUser],
		middleware: [requireSessionOrOwner(deps)] as const,
		request: { params, ...body(stopInput) },
		responses: { 200: json("What there was since the start", sessionSummary) },
	});

	return createRouter()
		.openapi(start, async (c) => c.json(await startSession(deps, c.get("user"), c.req.valid("json")), 200))
		.openapi(event, async (c) => {
			const accepted = await acceptEvent(deps, c.get("session"), c.req.valid("json"));
			if (!accepted.rate_limited) return c.json(accepted, 200);
			c.header("Retry-After", String(accepted.retry_after ?? 0));
			const message = "Held back by the rate limit. It is counted, and the next message will tell.";
			return c.json({ error: "rate_limited" as const, message, request_id: c.get("requestId"), ...accepted }, 429);
		})
		.openapi(beat, async (c) => {
			const { status, progress } = await recordHeartbeat(deps, c.get("session").id, c.req.valid("json"));
			return c.json({ status, monitoring: status !== "ended", progress }, 200);
		})
		.openapi(stop, async (c) => c.json(await stopSession(deps, c.get("session").id, c.req.valid("json")), 200));
}
