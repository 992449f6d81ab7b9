import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";

export interface RawAnswer {
	status: number;
	headers: IncomingMessage["headers"];
	text: string;
}

export interface RawRequest {
	method: string;
	/** Sent as it is: nothing is encoded or made valid. */
	path: string;
	headers?: Record<string, string>;
	body?: string | Uint8Array;
}

/** One request that fetch would refuse to make: any path, any header, any method. */
export function rawRequest(url: URL, { method, path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
	const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>();
	const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
	const sent = request(
		{ host: url.hostname, port: url.port, method, path, headers: { ...length, ...headers } },
		(answer) => {
			readAll(answer).then(
				(text) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
				reject,
			);
		},
	);
	sent.on("error", reject);
	sent.end(body);
	return promise;
}

async function readAll(answer: IncomingMessage): Promise<string> {
	let text = "";
	for await (const chunk of answer.setEncoding("utf8")) text += String(chunk);
	return text;
}

/** A client that sends a chunked body of up to `bytes` and goes on when it was refused, until the server hangs up. */
export async function stubbornRequest(
	url: URL,
	{ path, headers, bytes }: { path: string; headers: Record<string, string>; bytes: number },
): Promise<{ received: string; sentBytes: number; highestRss: number }> {
	const payload = "x".repeat(64 * 1024);
	const chunk = Buffer.from(`${payload.length.toString(16)}\r\n${payload}\r\n`);
	const [socket, closed] = [connect(Number(url.port), url.hostname), Promise.withResolvers<void>()];
	let [received, sentBytes, highestRss] = ["", 0, 0];
	socket.setEncoding("utf8").on("data", (text) => {
		received += text;
	});
	socket.on("error", () => closed.resolve());
	socket.on("close", () => closed.resolve());
	const lines = Object.entries({ host: url.host, "transfer-encoding": "chunked", ...headers }).map(
		([name, value]) => `${name}: ${value}\r\n`,
	);
	socket.write(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
	while (!socket.destroyed && socket.writable && sentBytes < bytes) {
		const more = socket.write(chunk);
		sentBytes += chunk.length;
		highestRss = Math.max(highestRss, process.memoryUsage.rss());
		if (!more) await Promise.race([new Promise((done) => socket.once("drain", done)), closed.promise]);
	}
	await closed.promise;
	return { received, sentBytes, highestRss };
}
