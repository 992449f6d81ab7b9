import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { errorBody } from "../../src/contract/errors.ts";
import { taskUpdate } from "../../src/contract/task-update.ts";
import {
	notification,
	startTask as startInput,
	taskFinished,
	taskReport,
	taskStarted,
	told,
} from "../../src/contract/tasks.ts";
import type { AppDeps } from "../app-deps.ts";
import { accessTokenScheme, requireUser } from "../auth/bearer.ts";
import { finishTask } from "../domain/tasks/finish-task.ts";
import { notifyUser } from "../domain/tasks/notify-user.ts";
import { readTask } from "../domain/tasks/read-task.ts";
import { startTask } from "../domain/tasks/start-task.ts";
import { tellProgress } from "../domain/tasks/tell-progress.ts";
import { AppError } from "../errors.ts";
import { type AppEnv, createRouter } from "../http.ts";
import { body, json } from "./json.ts";
import { logUrl } from "./task-logs.ts";

const tags = ["tasks"];
const security = [{ [accessTokenScheme]: [] }];
const params = z.object({ id: z.uuid() });
const missing = json("No task of this user", errorBody);

/** `claude-notify run` and `claude-notify notify`. */
export function taskRoutes(deps: AppDeps): OpenAPIHono<AppEnv> {
	const middleware = requireUser(deps);
	const common = { tags, security, middleware };
	const start = createRoute({
		...common,
		method: "post",
		path: "/tasks",
		summary: "Record that a command runs",
		request: body(startInput),
		responses: { 201: json("Recorded. The same id again changes nothing", taskStarted), 404: missing },
	});
	const finish = createRoute({
		...common,
		method: "patch",
		path: "/tasks/{id}",
		summary: "Report how a command ended, and tell its user",
		request: { params, ...body(taskFinished) },
		responses: { 200: json("Stored. A second end changes nothing, as `duplicate`", told), 404: missing },
	});
	const update = createRoute({
		...common,
		method: "post",
		path: "/tasks/{id}/updates",
		summary: "Tell the user something about a command that still runs",
		request: { params, ...body(taskUpdate) },
		responses: { 200: json("Stored. The same id again changes nothing, as `duplicate`", told), 404: missing },
	});
	const read = createRoute({
		...common,
		method: "get",
		path: "/tasks/{id}",
		summary: "What ran, how it ended, and the end of what it printed",
		request: { params },
		responses: { 200: json("As it is now", taskReport), 404: missing },
	});
	const notify = createRoute({
		...common,
		method: "post",
		path: "/notifications",
		summary: "Send a text to one's own channels",
		request: body(notification),
		responses: { 200: json("Stored. The same id again changes nothing, as `duplicate`", told) },
	});

	return createRouter()
		.openapi(start, async (c) => {
			const { id } = await startTask(deps, c.get("user"), c.req.valid("json"));
			return c.json({ task_id: id }, 201);
		})
		.openapi(finish, async (c) => {
			const finished = c.req.valid("json");
			refuseOtherTask(finished.task_id, c.req.valid("param").id);
			return c.json(await finishTask(deps, c.get("user"), finished), 200);
		})
		.openapi(update, async (c) => {
			const given = c.req.valid("json");
			refuseOtherTask(given.task_id, c.req.valid("param").id);
			return c.json(await tellProgress(deps, c.get("user"), given), 200);
		})
		.openapi(read, async (c) => {
			const { linkId, ...task } = await readTask(deps, c.get("user"), c.req.valid("param").id);
			return c.json({ ...task, log_url: linkId === null ? null : logUrl(deps, linkId) }, 200);
		})
		.openapi(notify, async (c) => c.json(await notifyUser(deps, c.get("user"), c.req.valid("json")), 200));
}

function refuseOtherTask(given: string, inPath: string): void {
	if (given !== inPath.toLowerCase()) throw new AppError("invalid_request", "task_id: must be the id in the path");
}
