import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppDeps } from "../app-deps.ts";
import type { Webhook } from "../channels/channel.ts";
import { takeReceived } from "../domain/take-received.ts";
import { AppError } from "../errors.ts";
import { type AppEnv, createRouter } from "../http.ts";

/** A provider that fetches more of a message (the body of a mail) has so long. */
const limitMs = 10_000;

/** Signed webhooks of the providers, as each channel declares them. Whatever is in them, the provider hears only "taken": strangers get no answer. */
export function webhookRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const router = createRouter();
	for (const webhook of [...deps.channels.values()].flatMap(({ webhooks = [] }) => webhooks)) {
		router.openAPIRegistry.registerPath(documented(webhook));
		router.post(webhook.path, (c) => take(deps, webhook, c));
	}
	return router;
}

async function take(deps: AppDeps, webhook: Webhook, c: Context<AppEnv>): Promise<Response> {
	// Providers sign the address that they were given: ours by configuration, never by Host or X-Forwarded headers.
	const { pathname, search } = new URL(c.req.url);
	const received = await webhook.receive({
		url: new URL(`${pathname}${search}`, deps.publicUrl),
		header: (name) => c.req.header(name),
		body: await c.req.text(),
		signal: AbortSignal.timeout(limitMs),
	});
	if (received === "forged") throw new AppError("unauthorized", "The signature does not fit.");
	await takeReceived(deps, received);
	const { answer } = webhook;
	return answer === undefined ? c.body(null, 204) : c.body(answer.body, 200, { "Content-Type": answer.contentType });
}

/** Documented only: the body is read raw, because a signature covers it byte for byte. */
function documented({ path, summary, contentType, answer }: Webhook) {
	const responses =
		answer === undefined
			? { 204: { description: "Taken" } }
			: {
					200: { description: "Taken", content: { [answer.contentType.split(";")[0] ?? ""]: { schema: z.string() } } },
				};
	return createRoute({
		method: "post",
		path,
		tags: ["webhooks"],
		summary,
		request: { body: { required: true, content: { [contentType]: { schema: z.record(z.string(), z.unknown()) } } } },
		responses,
	});
}
