import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { resolve } from "node:path";

/** A webhook on loopback, in a process of its own. */
export interface Receiver extends AsyncDisposable {
	post(body: string): Promise<void>;
	/** When each id came since the last call, in milliseconds of `sharedNow`. */
	taken(): Promise<Map<string, number[]>>;
}

/** Milliseconds on the clock that all processes of a machine share. */
export const sharedNow = () => Number(process.hrtime.bigint()) / 1e6;

export async function startReceiver(): Promise<Receiver> {
	const child = fork(resolve(import.meta.dirname, "receiver-child.ts"));
	const [address] = (await once(child, "message")) as [{ port: number }];
	const agent = new Agent({ keepAlive: true, maxSockets: 50 });
	function send(method: "GET" | "POST", body?: string): Promise<string> {
		const { promise, resolve: done, reject } = Promise.withResolvers<string>();
		const outgoing = request({ host: "127.0.0.1", port: address.port, method, agent }, (response) => {
			let text = "";
			response.setEncoding("utf8").on("data", (chunk) => {
				text += chunk;
			});
			response.on("end", () => done(text));
		});
		outgoing.on("error", reject);
		outgoing.end(body);
		return promise;
	}
	return {
		post: async (body) => void (await send("POST", body)),
		async taken() {
			const pairs = JSON.parse(await send("GET")) as [string, number][];
			const byId = new Map<string, number[]>();
			for (const [id, at] of pairs) byId.set(id, [...(byId.get(id) ?? []), at]);
			return byId;
		},
		async [Symbol.asyncDispose]() {
			agent.destroy();
			child.disconnect();
			await once(child, "exit");
		},
	};
}
