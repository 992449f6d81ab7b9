import type { Agent } from "node:http";

/** An address that does not answer at all must not use up the time of the whole attempt. */
const connectMs = 5000;

/** Makes an agent give up a connection, TLS included, that is not there after five seconds. */
export function limitConnecting(agent: Agent, readyEvent: "connect" | "secureConnect", ms = connectMs): void {
	const createConnection = agent.createConnection.bind(agent);
	agent.createConnection = (options, callback) => {
		const socket = createConnection(options, callback);
		const timer = setTimeout(() => {
			socket?.destroy(Object.assign(new Error("The connection took too long."), { code: "ETIMEDOUT" }));
		}, ms);
		const clear = () => clearTimeout(timer);
		socket?.once(readyEvent, clear).once("close", clear);
		return socket;
	};
}
