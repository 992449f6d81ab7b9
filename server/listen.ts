import { randomUUID } from "node:crypto";
import { createServer, type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import type { ErrorBody, ErrorCode } from "../src/contract/errors.ts";

export interface ListenOptions {
	host: string;
	port: number;
	/** `outgoing` is node's own response. */
	fetch(request: Request, bindings: { outgoing: object }): Response | Promise<Response>;
}

/** Limits that keep slow or endless requests from holding the server; a long-poll's 25 s are a response and count in none. */
const limits = {
	headersTimeout: 10_000,
	requestTimeout: 40_000,
	keepAliveTimeout: 5000,
	connectionsCheckingInterval: 5000,
	maxHeaderSize: 16_384,
	// The adapter refuses it too, with the one error body instead of an empty one.
	requireHostHeader: false,
};

export async function listen({ host, port, fetch }: ListenOptions): Promise<{ server: Server; url: URL }> {
	const listener = getRequestListener(fetch, {
		errorHandler: () => problem("invalid_request", "The request could not be read.", 400),
	});
	const server = createServer(limits, (incoming, outgoing) => void listener(incoming, outgoing));
	server.maxHeadersCount = 100;
	server.maxConnections = 20_000;
	server.on("clientError", answerClientError);
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	server.once("error", (error: NodeJS.ErrnoException) => {
		const taken = error.code === "EADDRINUSE";
		reject(taken ? new Error(`Port ${port} is taken. Set PORT to a free one.`, { cause: error }) : error);
	});
	server.listen(port, host, resolve);
	await promise;
	const address = server.address();
	const actualPort = typeof address === "object" && address !== null ? address.port : port;
	const name = host.includes(":") ? `[${host}]` : host;
	return { server, url: new URL(`http://${name}:${actualPort}`) };
}

/** Stops accepting and waits for the answers under way; what is still open after `ms` is cut. */
export async function closeServer(server: Server, ms: number): Promise<void> {
	const { promise, resolve } = Promise.withResolvers<void>();
	server.close(() => resolve());
	// A keep-alive connection that becomes idle after close() would otherwise stay for its timeout.
	const idle = setInterval(() => server.closeIdleConnections(), 50);
	const cut = setTimeout(() => server.closeAllConnections(), ms);
	await promise;
	clearInterval(idle);
	clearTimeout(cut);
}

function problem(error: ErrorCode, message: string, status: number): Response {
	return Response.json({ error, message, request_id: randomUUID() } satisfies ErrorBody, { status });
}

/** What Node's parser refuses never reaches the app, and still gets the one error body. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
	if (error.code === "ECONNRESET" || !socket.writable) {
		socket.destroy();
		return;
	}
	const status = statusOfParser[error.code ?? ""] ?? 400;
	const body: ErrorBody = {
		error: status === 431 || status === 413 ? "payload_too_large" : "invalid_request",
		message: `The request was refused: ${STATUS_CODES[status]}.`,
		request_id: randomUUID(),
	};
	const json = JSON.stringify(body);
	socket.end(
		`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(json)}\r\nConnection: close\r\n\r\n${json}`,
	);
}

const statusOfParser: Readonly<Record<string, number>> = {
	HPE_HEADER_OVERFLOW: 431,
	HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
	ERR_HTTP_REQUEST_TIMEOUT: 408,
};
