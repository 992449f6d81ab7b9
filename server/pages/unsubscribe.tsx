import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { AppDeps } from "../app-deps.ts";
import { unsubscribe } from "../domain/unsubscribe.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { Brand, page } from "./layout.tsx";

const query = z.object({ token: z.string().max(200).default("") });
const html = (description: string) => ({ description, content: { "text/html": { schema: z.string() } } });
const common = { path: "/unsubscribe", tags: ["pages"], request: { query } };

/**
 * Where a message's "stop these" leads. Mail programs post here by themselves (RFC 8058), so there is no check of where a request
 * comes from: the token is the authority. Scanners follow links, so a GET changes nothing; and nobody learns whether a token is good.
 */
export function unsubscribePages(deps: AppDeps): OpenAPIHono<AppEnv> {
	const show = createRoute({ ...common, method: "get", responses: { 200: html("A page with one button") } });
	const send = createRoute({ ...common, method: "post", responses: { 200: html("The messages are off") } });
	const router = createRouter();
	router.openapi(show, (c) =>
		page(c, { title: "Stop messages", body: <Question token={c.req.valid("query").token} />, secret: deps.secret }),
	);
	router.openapi(send, async (c) => {
		await unsubscribe(deps, c.req.valid("query").token);
		return page(c, { title: "Messages are off", body: <Done />, secret: deps.secret });
	});
	return router;
}

function Question({ token }: { token: string }) {
	return (
		<>
			<Brand />
			<h1>Stop these messages?</h1>
			<p class="lead">
				claude-notify then sends nothing more to the address that this link came to. Sessions go on as before.
			</p>
			<form method="post" action={`/unsubscribe?${new URLSearchParams({ token })}`}>
				<button class="button" type="submit">
					Stop the messages
				</button>
			</form>
		</>
	);
}

function Done() {
	return (
		<>
			<Brand />
			<h1>The messages are off</h1>
			<p class="lead">
				Nothing more comes to this address. To have them again, pair it again in Claude Code: <code>/notify-setup</code>
			</p>
		</>
	);
}
