import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { commandQueued, idempotencyKey, postCommand, replyTokenIssued } from "../../src/contract/commands.ts";
import { errorBody } from "../../src/contract/errors.ts";
import type { AppDeps } from "../app-deps.ts";
import { accessTokenScheme, bearerToken } from "../auth/bearer.ts";
import { requireSessionOrOwner, sessionTokenScheme } from "../auth/session-bearer.ts";
import { grantFor } from "../domain/reply-grant.ts";
import { takeCommand } from "../domain/take-command.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { body, json } from "./json.ts";

/** The OpenAPI name of the token that POST /commands takes. */
export const replyTokenScheme = "mobileReplyToken";

const tags = ["commands"];
const noStore = { "Cache-Control": "no-store" };

/** Commands from a program of the user's own, and the token for them. */
export function commandRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const grant = createRoute({
		method: "post",
		path: "/sessions/{id}/reply-token",
		tags,
		summary: "A token that sends commands to this session; the owner's access token will do too",
		security: [{ [sessionTokenScheme]: [] }, { [accessTokenScheme]: [] }],
		middleware: [requireSessionOrOwner(deps)] as const,
		request: { params: z.object({ id: z.uuid() }), ...body(z.strictObject({})) },
		responses: {
			200: json("Good until it expires or the session ends or begins anew", replyTokenIssued),
			409: json("The user has no channel", errorBody),
		},
	});
	const command = createRoute({
		method: "post",
		path: "/commands",
		tags,
		summary: "Send a command to the session of the token, as a reply from the phone would",
		security: [{ [replyTokenScheme]: [] }],
		request: { headers: z.object({ "idempotency-key": idempotencyKey.optional() }), ...body(postCommand) },
		responses: {
			202: json("It waits in the session's inbox", commandQueued),
			401: json("The token is no good, too old, or the session has begun anew", errorBody),
			402: json("Commands are not part of the user's plan", errorBody),
			403: json("The token is another session's, or the command is on the ban list", errorBody),
			404: json("There is no such session", errorBody),
			409: json("The session has ended, or the Idempotency-Key was used for something else", errorBody),
			429: json("More than 10 in a minute, or locked after too many refused ones", errorBody),
		},
	});

	return createRouter()
		.openapi(grant, async (c) => {
			const { token, expiresIn } = await deps.replyGrants.issue(await grantFor(deps, c.get("session")));
			return c.json({ mobile_reply_token: token, expires_in: expiresIn }, 200, noStore);
		})
		.openapi(command, async (c) => {
			// RFC 6750: kept by the error answer, taken back once the caller is known.
			c.header("WWW-Authenticate", "Bearer");
			const commander = await deps.replyGrants.verify(bearerToken(c.req.header("authorization")));
			c.header("WWW-Authenticate", undefined);
			const { session_id: sessionId, command } = c.req.valid("json");
			const key = c.req.valid("header")["idempotency-key"];
			const { id } = await takeCommand(deps, commander, { sessionId: sessionId.toLowerCase(), command, key });
			return c.json({ id, session_id: commander.sessionId, state: "queued" as const }, 202);
		});
}
