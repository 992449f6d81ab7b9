import { Agent, request } from "node:http";

export interface Answer {
	status: number;
	text: string;
}

/** A client with so many connections that stay open, and little work of its own. */
export function keepAlive(origin: URL, connections: number) {
	const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: "fifo" });
	return {
		send(method: "GET" | "POST", path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
			const { promise, resolve, reject } = Promise.withResolvers<Answer>();
			const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
			const options = {
				host: origin.hostname,
				port: origin.port,
				method,
				path,
				agent,
				headers: { ...headers, ...length },
			};
			const outgoing = request(options, (response) => {
				let text = "";
				response.setEncoding("utf8").on("data", (chunk) => {
					text += chunk;
				});
				response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
			});
			outgoing.on("error", reject);
			outgoing.end(body);
			return promise;
		},
		close: () => agent.destroy(),
	};
}

/** Runs `work` `count` times, so many at a time; answers how often a second that was, and the milliseconds each took. */
export async function atATime(count: number, width: number, work: (n: number) => Promise<unknown>) {
	const times: number[] = [];
	let next = 0;
	async function one(): Promise<void> {
		for (let n = next++; n < count; n = next++) {
			const from = performance.now();
			await work(n);
			times.push(performance.now() - from);
		}
	}
	const startedAt = performance.now();
	await Promise.all(Array.from({ length: width }, one));
	return { perSecond: (count / (performance.now() - startedAt)) * 1000, times };
}
