import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context, TypedResponse } from "hono";
import { errorBody } from "../../src/contract/errors.ts";
import { logDigest, taskLog } from "../../src/contract/task-logs.ts";
import type { AppDeps } from "../app-deps.ts";
import { accessTokenScheme, requireUser } from "../auth/bearer.ts";
import { keepLog, keepLogDigest } from "../domain/tasks/keep-log.ts";
import { logLink } from "../domain/tasks/log-link.ts";
import { openLog } from "../domain/tasks/read-log.ts";
import { type AppEnv, createRouter, outgoingOf, refusalOf } from "../http.ts";
import { body, json } from "./json.ts";
import { logBody } from "./log-body.ts";

const tags = ["tasks"];
const params = z.object({ id: z.uuid() });
const missing = json("No task of this user", errorBody);
const kept = json("What is kept of it. The first log of a task counts: another one gets the same answer", taskLog);
const link = z.object({
	expires: z.coerce.number().int().openapi({ description: "Seconds since 1970" }),
	signature: z.string().max(100),
});

/** A browser shows it as text and nothing in it runs, whatever the command printed. */
const textHeaders = {
	"Content-Type": "text/plain; charset=utf-8",
	"X-Content-Type-Options": "nosniff",
	"Content-Security-Policy": "default-src 'none'; sandbox",
	"Cache-Control": "private, no-store",
};

/** Where a log can be read for a while without a login. */
export function logUrl(deps: AppDeps, logId: string): string {
	const url = new URL(`/v1/task-logs/${logId}`, deps.publicUrl);
	const { expires, signature } = logLink(deps, logId);
	url.search = new URLSearchParams({ expires: String(expires), signature }).toString();
	return url.href;
}

/** The full logs of `claude-notify run --full-log`. */
export function taskLogRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const common = { tags, security: [{ [accessTokenScheme]: [] }], middleware: requireUser(deps) };
	const upload = createRoute({
		...common,
		method: "put",
		path: "/tasks/{id}/log",
		summary: "Keep the full log of a task, encrypted; above 10 MB only its length and SHA-256",
		request: {
			params,
			headers: z.object({ "content-encoding": z.string().optional().openapi({ description: "gzip, or absent" }) }),
			body: { content: { "text/plain": { schema: z.string() } } },
		},
		responses: { 200: kept, 402: json("Not part of the user's plan", errorBody), 404: missing },
	});
	const digest = createRoute({
		...common,
		method: "put",
		path: "/tasks/{id}/log/digest",
		summary: "Keep length and SHA-256 of a log that is too long to be kept",
		request: { params, ...body(logDigest) },
		responses: { 200: kept, 402: json("Not part of the user's plan", errorBody), 404: missing },
	});
	const read = createRoute({
		tags,
		method: "get",
		path: "/task-logs/{id}",
		summary: "The text of a log, by the link that GET /tasks/{id} gives",
		request: { params, query: link },
		responses: {
			200: { description: "As it was sent", content: { "text/plain": { schema: z.string() } } },
			403: json("The link is not valid, or has expired", errorBody),
			404: json("The log is not kept any more", errorBody),
		},
	});

	return createRouter()
		.openapi(upload, async (c) => {
			// Kept by a refusal, which leaves the rest of the body unread: no next request can follow it.
			c.header("Connection", "close");
			const log = await keepLog(deps, c.get("user"), c.req.valid("param").id, logBody(c));
			c.header("Connection", undefined);
			return c.json(log, 200);
		})
		.openapi(digest, async (c) => {
			const { id } = c.req.valid("param");
			return c.json(await keepLogDigest(deps, c.get("user"), id, c.req.valid("json")), 200);
		})
		.openapi(read, async (c) => {
			const { taskId, bytes, text } = await openLog(deps, c.req.valid("param").id, c.req.valid("query"));
			const answer = c.body(ReadableStream.from(orBreakOff(text, c, deps)), 200, {
				...textHeaders,
				"Content-Length": String(bytes),
				"Content-Disposition": `inline; filename="task-${taskId}.log"`,
			});
			return asText(answer);
		});
}

/** The status has gone out already: a log that turns out to be changed ends without its end, which the client sees by its length. */
async function* orBreakOff(text: AsyncGenerator<Uint8Array>, c: Context<AppEnv>, { log }: AppDeps) {
	try {
		yield* text;
	} catch (error) {
		// There is no answer to refuse with any more, but the server's log gets its line.
		refusalOf(error, c.get("requestId"), log);
		const outgoing = outgoingOf(c);
		if (outgoing === undefined) throw error;
		outgoing.destroy();
	}
}

/** The types of routes know a text, but not one that comes in pieces; what is sent is the same. */
function asText(answer: Response): TypedResponse<string, 200, "text"> {
	return answer as unknown as TypedResponse<string, 200, "text">;
}
