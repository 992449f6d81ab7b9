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
		const line = lineOf(
			log,
			{ request_id: c.get("requestId"), method: c.req.method, route: routePath(c, -1) },
			startedAt,
		);
		const parked = c.get("parked");
		if (parked === undefined) line(c.res.status);
		else parked.onAnswered(line);
	};
}

interface Asked {
	request_id: string;
	method: string;
	route: string;
}

/** Apart from the request, which it would keep alive while that is parked. */
function lineOf(log: Log, asked: Asked, startedAt: number): (status: number) => void {
	return (status) => {
		const fields = { ...asked, status, ms: Math.round((performance.now() - startedAt) * 10) / 10 };
		if (status >= 500) log.warn(fields, "request");
		else if (frequent.test(asked.route) && status < 300) log.debug(fields, "request");
		else log.info(fields, "request");
	};
}
