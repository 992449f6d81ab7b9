import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { inboxPage, inboxQuery, inboxReceipt, inboxReceiptTaken } from "../../src/contract/inbox.ts";
import type { AppDeps } from "../app-deps.ts";
import { requireSession, sessionTokenScheme } from "../auth/session-bearer.ts";
import { type InboxPage, type InboxRequest, readInbox } from "../domain/read-inbox.ts";
import { recordInboxReceipt } from "../domain/record-inbox-receipt.ts";
import { type AppEnv, createRouter, outgoingOf } from "../http.ts";
import { body, json } from "./json.ts";

const security = [{ [sessionTokenScheme]: [] }];

/** A session's replies: waiting for them, and saying what became of each. */
export function inboxRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const read = createRoute({
		method: "get",
		path: "/sessions/{id}/inbox",
		tags: ["inbox"],
		summary: "Wait for replies to this session",
		security,
		middleware: [requireSession(deps)] as const,
		request: { params: z.object({ id: z.uuid() }), query: inboxQuery },
		responses: {
			200: json("Replies, each leased for 30 s and offered again until a receipt says what became of it", inboxPage),
			204: { description: "Nothing came within `wait` seconds" },
		},
	});
	const settle = createRoute({
		method: "post",
		path: "/sessions/{id}/inbox/{message}/receipt",
		tags: ["inbox"],
		summary: "Say what became of a reply",
		security,
		middleware: [requireSession(deps)] as const,
		request: { params: z.object({ id: z.uuid(), message: z.uuid() }), ...body(inboxReceipt) },
		responses: { 200: json("The state that the reply has now", inboxReceiptTaken) },
	});

	return createRouter()
		.openapi(read, async (c) => {
			const { wait, after } = c.req.valid("query");
			const request = { sessionId: c.get("session").id, after };
			const outgoing = outgoingOf(c);
			// A request that was made in memory has no socket to wait at.
			if (wait === 0 || outgoing === undefined) return answer(c, await readInbox(deps, request));
			const waiting = {
				sessionId: request.sessionId,
				requestId: c.get("requestId"),
				waitMs: wait * 1000,
				look: looker(deps, request),
			};
			const found = await deps.parking.enter(outgoing, waiting);
			if ("messages" in found) return answer(c, found);
			c.set("parked", found);
			return c.body(null, 204);
		})
		.openapi(settle, async (c) => {
			const message = { sessionId: c.get("session").id, id: c.req.valid("param").message };
			return c.json(await recordInboxReceipt(deps, message, c.req.valid("json")), 200);
		});
}

function answer(c: Context<AppEnv>, page: InboxPage) {
	return page.messages.length === 0 ? c.body(null, 204) : c.json(page, 200);
}

/** Apart from the handler, whose request it would keep alive. */
function looker(deps: AppDeps, request: InboxRequest): () => Promise<InboxPage> {
	return () => readInbox(deps, request);
}
