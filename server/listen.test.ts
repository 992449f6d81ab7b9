import { connect } from "node:net";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";
import { errorBody } from "../src/contract/errors.ts";
import { closeServer, listen } from "./listen.ts";

const app = new Hono().get("/ok", (c) => c.text("ok"));
const open: Awaited<ReturnType<typeof listen>>[] = [];

async function start(fetch: Parameters<typeof listen>[0]["fetch"] = app.fetch) {
	const running = await listen({ host: "127.0.0.1", port: 0, fetch });
	open.push(running);
	return running;
}

afterEach(async () => {
	await Promise.all(open.splice(0).map(({ server }) => closeServer(server, 0)));
});

/** Writes bytes as they are and reads until the server closes. */
function raw(url: URL, bytes: string): Promise<string> {
	const { promise, resolve, reject } = Promise.withResolvers<string>();
	const socket = connect(Number(url.port), url.hostname, () => socket.write(bytes));
	let answer = "";
	socket.setEncoding("utf8");
	socket.on("data", (chunk) => {
		answer += chunk;
	});
	socket.on("close", () => resolve(answer));
	socket.on("error", reject);
	return promise;
}

describe("listen", () => {
	it("tells the port that it got", async () => {
		const { url } = await start();
		expect(await (await fetch(new URL("/ok", url))).text()).toBe("ok");
	});

	it("names PORT when the port is taken", async () => {
		const { url } = await start();
		const second = listen({ host: "127.0.0.1", port: Number(url.port), fetch: app.fetch });
		await expect(second).rejects.toThrow(`Port ${url.port} is taken. Set PORT to a free one.`);
	});

	it("does not wait for slow headers, slow bodies and idle connections as long as Node would", async () => {
		const { server } = await start();
		expect(server).toMatchObject({
			headersTimeout: 10_000,
			requestTimeout: 40_000,
			keepAliveTimeout: 5000,
			maxHeadersCount: 100,
			maxConnections: 20_000,
		});
	});

	it.each([
		["what is no HTTP", "GARBAGE\r\n\r\n", 400, "invalid_request"],
		["a header line without a colon", "GET /ok HTTP/1.1\r\nHost: x\r\nbroken\r\n\r\n", 400, "invalid_request"],
		["a request without Host", "GET /ok HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "invalid_request"],
		["a Host that is no name", "GET /ok HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", 400, "invalid_request"],
		[
			"a chunked body with a length",
			"POST /ok HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
			400,
			"invalid_request",
		],
		["headers of 20 kB", `GET /ok HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431, "payload_too_large"],
	])("answers %s with the one error body (row 71)", async (_, bytes, status, code) => {
		const { url } = await start();
		const answer = await raw(url, bytes);
		expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
		const body = errorBody.parse(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)));
		expect(body.error).toBe(code);
	});
});

describe("closeServer", () => {
	it("lets an answer under way end, takes no new connection, and keeps no idle one", async () => {
		const arrived = Promise.withResolvers<void>();
		const answer = Promise.withResolvers<Response>();
		const { server, url } = await start(() => {
			arrived.resolve();
			return answer.promise;
		});
		const request = fetch(url);
		await arrived.promise;
		const closed = closeServer(server, 10_000);
		await expect(fetch(url)).rejects.toThrow();
		answer.resolve(new Response("done"));
		expect(await (await request).text()).toBe("done");
		await closed;
	});

	it("cuts what is still open after its time", async () => {
		const arrived = Promise.withResolvers<void>();
		const { server, url } = await start(() => {
			arrived.resolve();
			return new Promise<Response>(() => undefined);
		});
		const request = fetch(url).catch(() => "cut");
		await arrived.promise;
		await closeServer(server, 20);
		expect(await request).toBe("cut");
	});
});
