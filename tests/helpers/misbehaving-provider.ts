import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { hex } from "./twilio-wire.ts";

/** What a provider does with one request. */
export type Misdeed = (response: ServerResponse, request: IncomingMessage) => void;

export interface MisbehavingProvider extends AsyncDisposable {
	baseUrl: string;
	/** How the next requests are answered, one each; then it behaves. */
	readonly misdeeds: Misdeed[];
	/** One for each request that came. */
	readonly requests: { body: string; closed: boolean; sentBytes: number }[];
}

/** A provider, as far as it can be told from its answers, on a bad day; Twilio where no other's good answer is given. */
export async function startMisbehavingProvider({
	tls = false,
	behave = twilioBehaves,
} = {}): Promise<MisbehavingProvider> {
	const misdeeds: Misdeed[] = [];
	const requests: MisbehavingProvider["requests"] = [];
	async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const noted = { body: "", closed: false, sentBytes: 0 };
		requests.push(noted);
		const { socket } = request;
		const before = socket.bytesWritten;
		response.on("close", () => {
			noted.closed = true;
			noted.sentBytes = socket.bytesWritten - before;
		});
		noted.body = await text(request);
		(misdeeds.shift() ?? behave)(response, request);
	}
	const listener: RequestListener = (request, response) =>
		void serve(request, response).catch(() => response.destroy());
	const pem = readFileSync(join(import.meta.dirname, "example-host.pem"));
	const server = tls ? createTlsServer({ key: pem, cert: pem }, listener) : createServer(listener);
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		baseUrl: `${tls ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`,
		misdeeds,
		requests,
		async [Symbol.asyncDispose]() {
			const closed = new Promise((done) => server.close(done));
			server.closeAllConnections();
			await closed;
		},
	};
}

const twilioBehaves: Misdeed = (response) => answerJson(201, { sid: `SM${hex(16)}`, status: "queued" })(response);

/** An answer in JSON, good or bad. */
export function answerJson(status: number, body: object, headers: Record<string, string> = {}) {
	return (response: ServerResponse) => {
		response.writeHead(status, { "content-type": "application/json", ...headers });
		response.end(JSON.stringify(body));
	};
}

/** Twilio's error body unless another is given. */
export function refuse(status: number, headers: Record<string, string> = {}, body?: string): Misdeed {
	return (response) => {
		response.writeHead(status, { "content-type": body === undefined ? "application/json" : "text/html", ...headers });
		response.end(body ?? JSON.stringify({ code: 20_000 + (status % 1000), message: "no", status }));
	};
}

export const hang: Misdeed = () => undefined;

/** A good answer, one byte a second (here: every 20 ms). */
export const drip: Misdeed = (response) => {
	response.writeHead(201, { "content-type": "application/json" });
	const timer = setInterval(() => response.write(" "), 20);
	response.on("close", () => clearInterval(timer));
};

/** The same before the headers are complete. */
export const dripHeaders: Misdeed = (_response, { socket }) => {
	socket.write("HTTP/1.1 201 Created\r\nx: ");
	const timer = setInterval(() => socket.write("y"), 20);
	socket.on("close", () => clearInterval(timer));
};

const hundredMegabytes = 100_000_000;

/** 100 MB as fast as they are taken. */
export const flood: Misdeed = (response) => {
	response.writeHead(201, { "content-type": "application/json", "content-length": String(hundredMegabytes) });
	const chunk = Buffer.alloc(65_536, " ");
	const more = () => {
		while (!response.destroyed && response.write(chunk)) if (response.writableLength > 1e6) return;
	};
	response.on("drain", more);
	more();
};

/** 100 MB in 100 kB. */
export const bomb: Misdeed = (response) => {
	response.writeHead(201, { "content-type": "application/json", "content-encoding": "gzip" });
	response.end(gzipSync(Buffer.alloc(hundredMegabytes, " ")));
};

export const headerFlood: Misdeed = (_response, { socket }) => {
	socket.end(`HTTP/1.1 201 Created\r\nx: ${"y".repeat(1_000_000)}\r\n\r\n`);
};

export const reset: Misdeed = (_response, { socket }) => void socket.resetAndDestroy();

export const resetMidBody: Misdeed = (response, { socket }) => {
	response.writeHead(201, { "content-type": "application/json", "content-length": "500" });
	response.write('{"sid":"SM', () => socket.resetAndDestroy());
};

export const noHttp: Misdeed = (_response, { socket }) => void socket.end("220 mail.example.com ESMTP\r\n");

export interface DeadHost extends AsyncDisposable {
	port: number;
}

/** Takes connections and never says a word: no TLS comes of it. */
export async function startSilentHost(): Promise<DeadHost> {
	const sockets = new Set<Socket>();
	const server = createTcpServer((socket) => {
		sockets.add(socket.on("error", () => undefined));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	return {
		port: (server.address() as AddressInfo).port,
		async [Symbol.asyncDispose]() {
			for (const socket of sockets) socket.destroy();
			await new Promise((closed) => server.close(closed));
		},
	};
}

/** Does not even take connections: its process stands still and its queue is full, so that the SYN is not answered. */
export async function startUnreachableHost(): Promise<DeadHost> {
	const script = `require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () { console.log(this.address().port); });`;
	const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
	const [line] = await once(createInterface(child.stdout), "line");
	const port = Number(line);
	child.kill("SIGSTOP");
	const fillers = Array.from({ length: 8 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
	await Promise.race(fillers.map((socket) => once(socket, "connect")));
	return {
		port,
		async [Symbol.asyncDispose]() {
			for (const socket of fillers) socket.destroy();
			const ended = once(child, "exit");
			child.kill("SIGKILL");
			await ended;
		},
	};
}
