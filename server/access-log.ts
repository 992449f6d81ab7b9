import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Log } from "./domain/deps.ts";
import type { AppEnv } from "./http.ts";

/** What every companion asks all the time would hide the rest. */
const frequent = /\/(inbox|heartbeat)$|^\/(healthz|readyz)$/;

/** One line a request: the route's pattern instead of the path, because paths and queries carry ids, tokens and addresses. */
export function accessLog(log: Log): MiddlewareHandler<AppEnv> {
	return async (c, next) => {
		const startedAt = performance.now();
		await next();
		const route = routePath(c, -1);
		const fields = {
			request_id: c.get("requestId"),
			method: c.req.method,
			route,
			status: c.res.status,
			ms: Math.round((performance.now() - startedAt) * 10) / 10,
		};
		if (c.res.status >= 500) log.warn(fields, "request");
		else if (frequent.test(route) && c.res.ok) log.debug(fields, "request");
		else log.info(fields, "request");
	};
}
