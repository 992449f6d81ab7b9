import { connect, createServer, type Socket } from "node:net";
import { freePort } from "./free-port.ts";

/** A way to a database that can die as a lost network does: nothing comes through any more, and nobody is told. */
export interface HalfOpenProxy extends AsyncDisposable {
	port: number;
	/** Connections that are open at this moment are dead from now on; new ones pass. */
	killSilently(): void;
	/** Nothing passes, old or new, until `heal`. */
	deafen(): void;
	heal(): void;
}

export async function startHalfOpenProxy(target: { host: string; port: number }): Promise<HalfOpenProxy> {
	const pairs = new Set<[Socket, Socket]>();
	let deaf = false;
	const server = createServer((near) => {
		const far = connect(target);
		const pair: [Socket, Socket] = [near, far];
		pairs.add(pair);
		for (const [from, to] of [pair, pair.toReversed() as [Socket, Socket]]) {
			from.on("data", (chunk) => {
				if (pairs.has(pair) && !deaf) to.write(chunk);
			});
			from.on("error", () => undefined);
			from.on("close", () => {
				if (pairs.delete(pair)) to.destroy();
			});
		}
	});
	const port = await freePort();
	await new Promise<void>((ready) => server.listen(port, "127.0.0.1", ready));
	const dead: [Socket, Socket][] = [];
	return {
		port,
		killSilently() {
			dead.push(...pairs);
			pairs.clear();
		},
		deafen() {
			deaf = true;
		},
		heal() {
			deaf = false;
		},
		async [Symbol.asyncDispose]() {
			for (const socket of [...dead, ...pairs].flat()) socket.destroy();
			await new Promise((closed) => server.close(closed));
		},
	};
}
