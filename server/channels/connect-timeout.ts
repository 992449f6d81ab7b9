import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";

/** An address that does not answer at all must not use up the time of the whole attempt. */
const connectMs = 5000;

/** Makes an agent give up a connection, TLS included, that is not there after five seconds. */
export function limitConnecting(agent: HttpAgent, readyEvent: "connect" | "secureConnect"): void {
	const createConnection = agent.createConnection.bind(agent);
	agent.createConnection = (options, callback) => {
		const socket = createConnection(options, callback);
		const timer = setTimeout(() => {
			socket?.destroy(Object.assign(new Error("The connection took too long."), { code: "ETIMEDOUT" }));
		}, connectMs);
		const clear = () => clearTimeout(timer);
		socket?.once(readyEvent, clear).once("close", clear);
		return socket;
	};
}

/** Agents that keep their connections and take no longer than that for a new one. */
const limitedHttp = new HttpAgent({ keepAlive: true });
limitConnecting(limitedHttp, "connect");
const limitedHttps = new HttpsAgent({ keepAlive: true });
limitConnecting(limitedHttps, "secureConnect");

/** The agent for a URL of this protocol. */
export function limitedAgent(protocol: string): HttpAgent {
	return protocol === "https:" ? limitedHttps : limitedHttp;
}
