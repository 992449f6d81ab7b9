import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { postJson, refused } from "./post-json.ts";

async function serve(listener: RequestListener): Promise<URL> {
	const server = createServer(listener);
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	onTestFinished(async () => {
		server.closeAllConnections();
		await new Promise((done) => server.close(done));
	});
	return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

const post = (url: URL, signal = AbortSignal.timeout(5000)) => postJson({ url, body: { text: "ü" }, signal });

describe("a request to a provider without an SDK", () => {
	it("sends JSON with its headers and reads status, body and the provider's own wait", async () => {
		const url = await serve(async (request, response) => {
			const chunks: Buffer[] = [];
			for await (const chunk of request) chunks.push(chunk as Buffer);
			const { authorization, "content-type": type } = request.headers;
			response.writeHead(429, { "retry-after": "3" });
			response.end(JSON.stringify({ authorization, type, sent: Buffer.concat(chunks).toString() }));
		});
		const headers = { authorization: "Bearer secret" };
		const answer = await postJson({ url, headers, body: { text: "ü" }, signal: AbortSignal.timeout(5000) });
		expect(answer).toEqual({
			status: 429,
			body: { authorization: "Bearer secret", type: "application/json", sent: '{"text":"ü"}' },
			retryAfterMs: 3000,
		});
	});

	it("is made once, whatever comes back, and follows no redirect", async () => {
		let requests = 0;
		const url = await serve((_, response) => {
			requests += 1;
			response.writeHead(requests === 1 ? 503 : 302, { location: "/elsewhere" }).end();
		});
		expect(await post(url)).toMatchObject({ status: 503 });
		expect(await post(url)).toMatchObject({ status: 302, body: undefined });
		expect(requests).toBe(2);
	});

	it("gives up at its signal, on an endless answer, a reset and a port where nobody listens", async () => {
		const silent = await serve(() => undefined);
		expect(await post(silent, AbortSignal.timeout(50))).toBeUndefined();
		const endless = await serve((_, response) => {
			response.writeHead(200);
			const pump = () => {
				while (!response.destroyed && response.write("x".repeat(10_000)));
				if (!response.destroyed) response.once("drain", pump);
			};
			pump();
		});
		expect(await post(endless)).toBeUndefined();
		const reset = await serve((request) => request.socket.destroy());
		expect(await post(reset)).toBeUndefined();
		expect(await post(new URL("http://127.0.0.1:1/"))).toBeUndefined();
	});

	it.each([
		[429, true],
		[408, true],
		[500, true],
		[503, true],
		[302, false],
		[400, false],
		[403, false],
		[404, false],
	])("that is refused with %i may be tried again: %s", (status, retryable) => {
		const result = refused({ status, body: undefined, retryAfterMs: undefined }, "No.");
		expect(result).toEqual({ ok: false, retryable, reason: "No.", code: String(status) });
	});
});
