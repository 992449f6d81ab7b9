import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { until } from "./until.ts";

export interface SeenRequest {
	method: string;
	/** Without /v1. */
	path: string;
	query: URLSearchParams;
	headers: IncomingMessage["headers"];
	body: unknown;
	/** Whether the caller has closed the connection without waiting for the answer. */
	hasLeft: () => boolean;
}

export interface Reply {
	status: number;
	body?: unknown;
	headers?: Record<string, string>;
}

type Answer = (request: SeenRequest) => Reply | Promise<Reply>;

export interface OfferedMessage {
	id: string;
	ref: string;
	kind: "reply" | "resume";
	/** For `resume`: which session. */
	resume?: { agent_session_id: string; cwd: string; handle: string };
	text: string;
	from: { channel: "sms"; label: string };
	created_at: string;
}

/** Stands in for our server where a test of the plugin decides what is answered and when. Real HTTP on 127.0.0.1; it can go away and come back on the same port. */
export interface ScriptedServer extends AsyncDisposable {
	url: string;
	requests: SeenRequest[];
	/** Replaces the answer of a route, e.g. "POST /auth/refresh"; `*` stands for one part of the path. */
	on(route: string, answer: Answer): void;
	/** Bodies that were posted to a route. */
	bodies(route: string): unknown[];
	/** A reply from the phone, offered to whoever reads the inbox. */
	offer(message: OfferedMessage): void;
	waitFor(route: string, count?: number, timeoutMs?: number): Promise<SeenRequest[]>;
	goDown(): Promise<void>;
	comeBack(): Promise<void>;
}

export function refusal(status: number, error: string, message = "refused by the test", details?: unknown): Reply {
	return {
		status,
		body: { error, message, request_id: "test-request", ...(details === undefined ? {} : { details }) },
	};
}

let replies = 0;

export function replyFromPhone(words: string, ref = `r${String(++replies).padStart(5, "0")}`): OfferedMessage {
	const from = { channel: "sms", label: "+1***8912" } as const;
	return { id: randomUUID(), ref, kind: "reply", text: words, from, created_at: "2026-11-20T14:03:00.000Z" };
}

export function someTokens(accessToken: string, expiresAt: Date) {
	return {
		access_token: accessToken,
		token_type: "Bearer" as const,
		expires_in: 129_600 as const,
		expires_at: expiresAt.toISOString(),
		refresh_token: `refresh-${randomUUID()}`,
		channel: "sms" as const,
		channel_title: "SMS",
		address_masked: "+1***8912",
	};
}

export async function startScriptedServer(): Promise<ScriptedServer> {
	const requests: SeenRequest[] = [];
	const inbox: OfferedMessage[] = [];
	const answers = new Map<string, Answer>(Object.entries(usualAnswers(inbox)));
	const listener = createServer((request, response) => {
		answer(request, response, requests, answers).catch((error: unknown) =>
			response.destroy(error instanceof Error ? error : undefined),
		);
	});
	const port = await listen(listener, 0);
	const seen = (route: string) => requests.filter(({ method, path }) => matches(route, method, path));
	return {
		url: `http://127.0.0.1:${port}`,
		requests,
		on: (route, answer) => void answers.set(route, answer),
		bodies: (route) => seen(route).map(({ body }) => body),
		offer: (message) => void inbox.push(message),
		waitFor: (route, count = 1, timeoutMs = 10_000) =>
			until(
				() => (seen(route).length >= count ? seen(route) : undefined),
				timeoutMs,
				() =>
					`${seen(route).length} of ${count} requests ${route} came; there were ${requests.map(({ method, path }) => `${method} ${path}`).join(", ")}`,
			),
		goDown: () => close(listener),
		comeBack: async () => void (await listen(listener, port)),
		[Symbol.asyncDispose]: () => close(listener),
	};
}

function usualAnswers(inbox: OfferedMessage[]): Record<string, Answer> {
	const hour36 = () => new Date(Date.now() + 129_600_000);
	let given = 0;
	return {
		"POST /login": () => ({
			status: 200,
			body: {
				temp_token: "t".repeat(32),
				expires_in: 600,
				channel: "sms",
				channel_title: "SMS",
				address_masked: "+1***8912",
				link: null,
			},
		}),
		"POST /auth/exchange": () => ({ status: 200, body: someTokens("access-1", hour36()) }),
		"POST /auth/refresh": () => ({ status: 200, body: someTokens(`access-${randomUUID()}`, hour36()) }),
		"POST /auth/logout": () => ({ status: 200, body: { revoked: true, sessions_cleared: 1 } }),
		"POST /sessions/start": () => ({
			status: 200,
			body: { session_id: randomUUID(), session_token: "session-token", monitoring_id: randomUUID(), handle: "b" },
		}),
		"POST /sessions/*/events": ({ body }) => ({ status: 200, body: accepted(body, "queued") }),
		"POST /sessions/*/heartbeat": () => ({ status: 200, body: { status: "active", monitoring: true } }),
		"POST /sessions/*/stop": () => ({
			status: 200,
			body: { duration_seconds: 754, messages_sent: 3, sms_sent: 3, errors_encountered: 1, limited: 2 },
		}),
		"GET /sessions/*/inbox": async ({ query, hasLeft }) => {
			const deadline = Date.now() + Math.min(Number(query.get("wait")) * 1000, 300);
			while (inbox.length === 0 && Date.now() < deadline) await new Promise((passed) => setTimeout(passed, 10));
			if (hasLeft()) return { status: 204 };
			const messages = inbox.splice(0);
			given += messages.length;
			return messages.length === 0 ? { status: 204 } : { status: 200, body: { messages, cursor: given } };
		},
		"POST /sessions/*/inbox/*/receipt": ({ path, body }) => ({
			status: 200,
			body: { id: path.split("/")[4], state: Object(body).state },
		}),
	};
}

/** The answer to an event. */
export function accepted(event: unknown, outcome: "queued" | "limited" | "muted", retryAfter: number | null = null) {
	return {
		event_id: Object(event).id,
		outcome,
		channels: [],
		rate_limited: outcome === "limited",
		next_allowed_at: retryAfter === null ? null : new Date(Date.now() + retryAfter * 1000).toISOString(),
		retry_after: retryAfter,
	};
}

async function answer(
	incoming: IncomingMessage,
	response: ServerResponse,
	requests: SeenRequest[],
	answers: ReadonlyMap<string, Answer>,
): Promise<void> {
	const url = new URL(incoming.url ?? "/", "http://127.0.0.1");
	const raw = await text(incoming);
	const request: SeenRequest = {
		method: incoming.method ?? "",
		path: url.pathname.replace(/^\/v1/, ""),
		query: url.searchParams,
		headers: incoming.headers,
		body: raw === "" || incoming.headers["content-encoding"] !== undefined ? undefined : JSON.parse(raw),
		// The response itself learns of its connection's end some ticks later.
		hasLeft: () => incoming.socket.destroyed,
	};
	requests.push(request);
	// The last one that was set wins.
	const found = [...answers].findLast(([route]) => matches(route, request.method, request.path));
	const { status, body, headers } = found === undefined ? refusal(404, "not_found") : await found[1](request);
	response.writeHead(status, { "content-type": "application/json", ...headers });
	response.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
}

function matches(route: string, method: string, path: string): boolean {
	const [wantedMethod, wantedPath = ""] = route.split(" ");
	if (wantedMethod !== method) return false;
	const [wanted, given] = [wantedPath, path].map((each) => each.split("/"));
	if (wanted === undefined || given === undefined || wanted.length !== given.length) return false;
	return wanted.every((part, at) => part === "*" || part === given[at]);
}

async function listen(server: Server, port: number): Promise<number> {
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", resolve);
	});
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("no port");
	return address.port;
}

async function close(server: Server): Promise<void> {
	if (!server.listening) return;
	const closed = new Promise<void>((resolve) => server.close(() => resolve()));
	server.closeAllConnections();
	await closed;
}

/** Takes tasks, what they say and their ends, as a server with one channel. */
export function answerTasks(server: ScriptedServer): void {
	server.on("POST /tasks", ({ body }) => ({ status: 201, body: { task_id: Object(body).id } }));
	server.on("PATCH /tasks/*", ({ body }) => ({
		status: 200,
		body: { id: Object(body).task_id, outcome: "queued", why: null, channels: ["sms"], next_allowed_at: null },
	}));
	server.on("POST /tasks/*/updates", ({ body }) => ({
		status: 200,
		body: { id: Object(body).id, outcome: "queued", why: null, channels: ["sms"], next_allowed_at: null },
	}));
}

/** Takes what `notify` and the hooks of other agents tell. */
export function answerNotifications(server: ScriptedServer): void {
	server.on("POST /notifications", ({ body }) => ({
		status: 201,
		body: { id: Object(body).id, outcome: "queued", why: null, channels: ["sms"], next_allowed_at: null },
	}));
}
