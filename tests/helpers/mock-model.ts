import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text as readText } from "node:stream/consumers";
import { type ModelRequest, parseModelRequest } from "./model-request.ts";

type Block = { type: "text"; text: string } | { type: "tool_use"; id: string; name: string; input: object };

/** What the model is told to answer; made with `text`, `toolUse`, `httpError` or `hold`. */
export type Reply =
	| { kind: "message"; blocks: Block[] }
	| { kind: "error"; status: number; type: string; message: string; headers: Record<string, string> }
	| { kind: "held"; until: Promise<Reply> };

export interface HeldReply {
	kind: "held";
	until: Promise<Reply>;
	/** Answers the request that waits, with the reply given to `hold` or with another. */
	release(instead?: Reply): void;
}

export interface MockModel extends AsyncDisposable {
	url: string;
	/** Requests of the main loop, oldest first: those that carry tools. */
	requests: ModelRequest[];
	/** The client's own small questions (titles, prompt hooks): always answered "ok", never from the queue. */
	sideRequests: ModelRequest[];
	/** What every request gets when nothing is queued for it; `text("done")` at first. */
	defaultReply: Reply;
	/** Queues replies for whichever main request comes next. */
	next(...replies: Reply[]): void;
	/** Queues replies for one session; they come before the common queue. */
	nextFor(sessionId: string, ...replies: Reply[]): void;
	/** The first main request, past or to come, that fits. */
	waitForRequest(fits: (request: ModelRequest) => boolean, timeoutMs?: number): Promise<ModelRequest>;
}

export function text(value: string): Reply {
	return { kind: "message", blocks: [{ type: "text", text: value }] };
}

/** The model calls a tool; the request that follows carries its result. */
export function toolUse(name: string, input: object): Reply {
	return {
		kind: "message",
		blocks: [{ type: "tool_use", id: `toolu_${randomUUID().replaceAll("-", "")}`, name, input }],
	};
}

const errorTypes: Record<number, string> = {
	400: "invalid_request_error",
	401: "authentication_error",
	403: "permission_error",
	429: "rate_limit_error",
	500: "api_error",
	529: "overloaded_error",
};

/** The API refuses. The client would retry 429 and 5xx for minutes, so by default the answer forbids it. */
export function httpError(status: number, message = "refused by the test", { retry = false } = {}): Reply {
	const type = errorTypes[status] ?? "api_error";
	return { kind: "error", status, type, message, headers: retry ? {} : { "x-should-retry": "false" } };
}

/** Keeps the request open until it is released. */
export function hold(reply: Reply = text("done")): HeldReply {
	const gate = Promise.withResolvers<Reply>();
	return { kind: "held", until: gate.promise, release: (instead = reply) => gate.resolve(instead) };
}

interface Waiter {
	fits: (request: ModelRequest) => boolean;
	resolve: (request: ModelRequest) => void;
}

/** A stand-in for api.anthropic.com on a port of its own, which says what a test tells it to say. */
export async function startMockModel(): Promise<MockModel> {
	const common: Reply[] = [];
	const own = new Map<string, Reply[]>();
	const waiters = new Set<Waiter>();
	const server = createServer((incoming, outgoing) => {
		serve(incoming, outgoing).catch((error: unknown) => outgoing.destroy(error instanceof Error ? error : undefined));
	});

	async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
		const raw = await readText(incoming);
		const path = (incoming.url ?? "").split("?")[0];
		if (incoming.method !== "POST" || path !== "/v1/messages") {
			return sendError(outgoing, { status: 404, type: "not_found_error", message: `no ${path} here`, headers: {} });
		}
		const request = parseModelRequest(raw, incoming.headers);
		if (request.tools.length === 0) {
			model.sideRequests.push(request);
			return sendReply(outgoing, text("ok"), request.body.model);
		}
		const reply = own.get(request.sessionId)?.shift() ?? common.shift() ?? model.defaultReply;
		model.requests.push(request);
		for (const waiter of [...waiters].filter(({ fits }) => fits(request))) waiter.resolve(request);
		await sendReply(outgoing, reply, request.body.model);
	}

	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("the mock model has no port");
	const model: MockModel = {
		url: `http://127.0.0.1:${address.port}`,
		requests: [],
		sideRequests: [],
		defaultReply: text("done"),
		next: (...replies) => void common.push(...replies),
		nextFor: (sessionId, ...replies) => void own.set(sessionId, [...(own.get(sessionId) ?? []), ...replies]),
		waitForRequest: (fits, timeoutMs = 10_000) => waitForRequest(model, waiters, fits, timeoutMs),
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
	return model;
}

async function waitForRequest(
	model: MockModel,
	waiters: Set<Waiter>,
	fits: Waiter["fits"],
	timeoutMs: number,
): Promise<ModelRequest> {
	const earlier = model.requests.find(fits);
	if (earlier !== undefined) return earlier;
	const { promise, resolve, reject } = Promise.withResolvers<ModelRequest>();
	const waiter = { fits, resolve };
	waiters.add(waiter);
	const timer = setTimeout(() => {
		const seen = model.requests.map((request) => `- ${JSON.stringify(request.newText.slice(-300))}`);
		reject(new Error(`No such model request within ${timeoutMs} ms; ${seen.length} seen:\n${seen.join("\n")}`));
	}, timeoutMs);
	try {
		return await promise;
	} finally {
		clearTimeout(timer);
		waiters.delete(waiter);
	}
}

async function sendReply(outgoing: ServerResponse, reply: Reply, modelName: string): Promise<void> {
	if (reply.kind === "held") return sendReply(outgoing, await reply.until, modelName);
	if (reply.kind === "error") return sendError(outgoing, reply);
	outgoing.writeHead(200, { "content-type": "text/event-stream" });
	const usage = { input_tokens: 10, output_tokens: 5 };
	const send = (type: string, fields: object) =>
		outgoing.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
	send("message_start", {
		message: {
			id: `msg_${randomUUID()}`,
			type: "message",
			role: "assistant",
			model: modelName,
			content: [],
			stop_reason: null,
			stop_sequence: null,
			usage,
		},
	});
	for (const [index, block] of reply.blocks.entries()) {
		send("content_block_start", {
			index,
			content_block: block.type === "text" ? { type: "text", text: "" } : { ...block, input: {} },
		});
		send("content_block_delta", { index, delta: deltaOf(block) });
		send("content_block_stop", { index });
	}
	const stopReason = reply.blocks.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn";
	send("message_delta", { delta: { stop_reason: stopReason, stop_sequence: null }, usage });
	send("message_stop", {});
	outgoing.end();
}

function deltaOf(block: Block): object {
	return block.type === "text"
		? { type: "text_delta", text: block.text }
		: { type: "input_json_delta", partial_json: JSON.stringify(block.input) };
}

function sendError(
	outgoing: ServerResponse,
	{ status, type, message, headers }: Omit<Extract<Reply, { kind: "error" }>, "kind">,
): void {
	outgoing.writeHead(status, { "content-type": "application/json", ...headers });
	outgoing.end(JSON.stringify({ type: "error", error: { type, message } }));
}
