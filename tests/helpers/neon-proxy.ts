import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { WebSocketServer } from "ws";

/** Neon's WebSocket proxy in small: each socket on /v2 is one TCP connection to the local PostgreSQL (facts/providers.md section 5). */
export async function startNeonProxy(target: { host: string; port: number }) {
	const http = createServer();
	const sockets = new WebSocketServer({ server: http, path: "/v2" });
	sockets.on("connection", (socket) => {
		const tcp = connect(target);
		const early: Buffer[] = [];
		tcp.on("connect", () => {
			for (const chunk of early.splice(0)) tcp.write(chunk);
		});
		socket.on("message", (data: Buffer) => {
			if (tcp.connecting) early.push(data);
			else tcp.write(data);
		});
		tcp.on("data", (chunk) => socket.send(chunk));
		tcp.on("close", () => socket.close());
		tcp.on("error", () => socket.close());
		socket.on("close", () => tcp.destroy());
	});
	await new Promise<void>((ready) => http.listen(0, "127.0.0.1", ready));
	return {
		address: `127.0.0.1:${(http.address() as AddressInfo).port}/v2`,
		async [Symbol.asyncDispose]() {
			for (const socket of sockets.clients) socket.terminate();
			sockets.close();
			await new Promise((closed) => http.close(closed));
		},
	};
}
