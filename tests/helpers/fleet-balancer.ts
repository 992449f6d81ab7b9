import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** What stands before several instances of a server in production: one address for providers and companions alike. */
export interface Balancer extends AsyncDisposable {
	url: URL;
}

/** Hands each request to any instance; to the next one where nobody listens; 502 where one died over it. */
export async function startBalancer(instances: () => readonly URL[], random: () => number): Promise<Balancer> {
	async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
		const body = await buffer(incoming);
		const all = instances();
		const first = Math.floor(random() * all.length);
		for (const instance of [...all.slice(first), ...all.slice(0, first)]) {
			const outcome = await forward(instance, incoming, body, outgoing);
			if (outcome === "refused") continue;
			if (outcome === "broken" && !outgoing.headersSent) break;
			return;
		}
		if (outgoing.destroyed) return;
		outgoing.writeHead(502).end();
	}
	const server = createServer((incoming, outgoing) => {
		serve(incoming, outgoing).catch(() => outgoing.destroy());
	});
	await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
	const { port } = server.address() as AddressInfo;
	return {
		url: new URL(`http://127.0.0.1:${port}`),
		async [Symbol.asyncDispose]() {
			const closed = new Promise((done) => server.close(done));
			server.closeAllConnections();
			await closed;
		},
	};
}

/** `refused`: nobody had it, another may. `broken`: somebody may have done it, and nobody else may be asked. */
function forward(instance: URL, { method, url, headers }: IncomingMessage, body: Buffer, outgoing: ServerResponse) {
	return new Promise<"answered" | "refused" | "broken">((done) => {
		const upstream = request(new URL(url ?? "/", instance), { method, headers, agent: false }, (answer) => {
			outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
			answer.pipe(outgoing);
			answer.once("end", () => done("answered"));
			answer.once("close", () => {
				// Half an answer is none.
				if (!answer.complete) outgoing.destroy();
				done("answered");
			});
		});
		upstream.once("error", (error: NodeJS.ErrnoException) =>
			done(error.code === "ECONNREFUSED" ? "refused" : "broken"),
		);
		// A companion that was killed waits no more.
		outgoing.once("close", () => upstream.destroy());
		upstream.end(body);
	});
}
