import { ServerResponse } from "node:http";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { RequestIdVariables } from "hono/request-id";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorBody } from "../src/contract/errors.ts";
import { isConnectionLoss, stackOf } from "./db/errors.ts";
import type { Log } from "./domain/deps.ts";
import type { Policy } from "./domain/policy.ts";
import { AppError, statusOf } from "./errors.ts";
import type { Parked, Refusal } from "./parking.ts";

/** Who is calling with an access token. */
export interface SignedIn {
	userId: string;
	deviceId: string;
	/** The login: one pairing of one device. */
	familyId: string;
}

/** Which session is calling with a session token. */
export interface CallingSession {
	id: string;
	userId: string;
	/** Read with the token, so that an event needs no further look at the database. */
	policy?: Policy | undefined;
}

export interface AppEnv {
	Variables: RequestIdVariables & { user: SignedIn; session: CallingSession; parked?: Parked };
}

/** A router whose every schema failure is the one error body with the paths that were wrong. */
export function createRouter(): OpenAPIHono<AppEnv> {
	return new OpenAPIHono<AppEnv>({
		defaultHook: (result) => {
			if (result.success) return;
			const issues = result.error.issues.slice(0, 20).map((issue) => ({
				path: issue.path.join("."),
				message: issue.message,
			}));
			const first = issues[0];
			const where = first?.path ? `${first.path}: ` : "";
			throw new AppError("invalid_request", `${where}${first?.message ?? "the request is not valid"}`, {
				details: issues,
			});
		},
	});
}

/** The answer for anything that was thrown. An unknown error shows a request id and nothing else; its stack goes to the log. */
export function refusalOf(error: unknown, requestId: string, log: Log): Refusal {
	const known = asAppError(error);
	if (known === undefined) log.error({ request_id: requestId, stack: stackOf(error) }, "unexpected error");
	const body: ErrorBody = {
		error: known?.code ?? "server_error",
		message: known?.message ?? "Something went wrong on the server. Give the request id to whoever runs it.",
		...(known?.details === undefined ? {} : { details: known.details }),
		request_id: requestId,
	};
	const wait = known?.retryAfter;
	return { status: statusOf[body.error], body, headers: wait === undefined ? {} : { "Retry-After": String(wait) } };
}

export function answerError(error: unknown, c: Context<AppEnv>, log: Log): Response {
	const { body, headers } = refusalOf(error, c.get("requestId"), log);
	return c.json(body, statusOf[body.error] satisfies ContentfulStatusCode, headers);
}

function asAppError(error: unknown): AppError | undefined {
	if (error instanceof AppError) return error;
	// Hono's own refusals (malformed JSON, wrong content type) come as HTTPException.
	const status = statusIn(error);
	if (status === 413) return new AppError("payload_too_large", "The request is too large.");
	if (status !== undefined && status >= 400 && status < 500) {
		return new AppError("invalid_request", "The request could not be read: JSON was expected.");
	}
	if (isConnectionLoss(error)) {
		return new AppError("unavailable", "The database does not answer. Try again shortly.", { retryAfter: 5 });
	}
	return undefined;
}

function statusIn(error: unknown): number | undefined {
	if (!(error instanceof Error) || !("status" in error)) return undefined;
	return typeof error.status === "number" ? error.status : undefined;
}

/** Node's response of a request that came over a socket. */
export function outgoingOf(c: Context): ServerResponse | undefined {
	const env: unknown = c.env;
	if (typeof env !== "object" || env === null || !("outgoing" in env)) return undefined;
	return env.outgoing instanceof ServerResponse ? env.outgoing : undefined;
}
