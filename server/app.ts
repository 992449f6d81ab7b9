import type { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { accessLog } from "./access-log.ts";
import type { AppDeps } from "./app-deps.ts";
import { limitByAddress } from "./auth/http-limits.ts";
import { AppError } from "./errors.ts";
import { type AppEnv, answerError, createRouter } from "./http.ts";
import { loginPages } from "./pages/login.tsx";
import { phonePages } from "./pages/phone.tsx";
import { unsubscribePages } from "./pages/unsubscribe.tsx";
import { accountRoutes } from "./routes/account.ts";
import { approvalRoutes } from "./routes/approvals.ts";
import { auditRoutes } from "./routes/audit.ts";
import { authRoutes } from "./routes/auth.ts";
import { channelRoutes } from "./routes/channels.ts";
import { commandRoutes } from "./routes/commands.ts";
import { inboxRoutes } from "./routes/inbox.ts";
import { installRoutes } from "./routes/install.ts";
import { maxLogBody } from "./routes/log-body.ts";
import { openApiRoutes } from "./routes/openapi.ts";
import { operationRoutes } from "./routes/operations.ts";
import { pluginRoutes } from "./routes/plugin.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { settingsRoutes } from "./routes/settings.ts";
import { taskLogRoutes } from "./routes/task-logs.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { templateRoutes } from "./routes/templates.ts";
import { webhookRoutes } from "./routes/webhooks.ts";

/** Requests are small JSON: the largest is an event of some kilobytes. */
const maxBody = 64 * 1024;
/** A stranger's mail can have hundreds of recipients, and a provider whose webhooks fail again and again stops to call. */
const maxWebhookBody = 1024 * 1024;

/** A log is read as it comes, and counted there. */
const ofLogs: MiddlewareHandler<AppEnv> = (c, next) => {
	refuseLonger(c.req.header("content-length"), maxLogBody);
	return next();
};

function refuseLonger(contentLength: string | undefined, maxSize: number): void {
	if (Number(contentLength ?? 0) > maxSize) {
		throw new AppError("payload_too_large", `The request is larger than ${maxSize} bytes.`);
	}
}

function limitTo(maxSize: number): MiddlewareHandler<AppEnv> {
	const onError = () => {
		throw new AppError("payload_too_large", `The request is larger than ${maxSize} bytes.`);
	};
	const counting = bodyLimit({ maxSize, onError });
	return (c, next) => {
		if (c.req.header("transfer-encoding") !== undefined) return counting(c, next);
		// A length that is said is kept by Node's parser; to look at the body would make a stream of it.
		refuseLonger(c.req.header("content-length"), maxSize);
		return next();
	};
}

/** The whole HTTP surface. The API stands under /v1 and, as aliases, at the root. */
export function createApp(deps: AppDeps): OpenAPIHono<AppEnv> {
	const app = createRouter();
	app.onError((error, c) => answerError(error, c, deps.log));
	app.notFound((c) => answerError(new AppError("not_found", "There is nothing at this address."), c, deps.log));
	app.use(requestId({ headerName: "" }));
	app.use(accessLog(deps.log));
	app.use(secureHeaders());
	app.use(limitByAddress(deps));
	const [ofProviders, ofAll] = [limitTo(maxWebhookBody), limitTo(maxBody)];
	app.use((c, next) => {
		const { path } = c.req;
		if (/^\/(v1\/)?webhooks\//.test(path)) return ofProviders(c, next);
		return (c.req.method === "PUT" && /^\/(v1\/)?tasks\/[^/]+\/log$/.test(path) ? ofLogs : ofAll)(c, next);
	});

	const api = createRouter();
	for (const routes of [
		authRoutes,
		sessionRoutes,
		inboxRoutes,
		approvalRoutes,
		commandRoutes,
		accountRoutes,
		auditRoutes,
		channelRoutes,
		settingsRoutes,
		taskRoutes,
		taskLogRoutes,
		templateRoutes,
		webhookRoutes,
	]) {
		api.route("/", routes(deps));
	}
	app.route("/v1", api);
	app.route("/", api);
	app.route("/", loginPages(deps));
	app.route("/", unsubscribePages(deps));
	if (deps.phone !== undefined) app.route("/", phonePages(deps, deps.phone));
	app.route("/", operationRoutes(deps));
	app.route("/", pluginRoutes(deps));
	app.route("/", installRoutes(deps));
	app.route("/", openApiRoutes(app, deps));
	return app;
}
