import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** A port that nobody listens on and that the system gives no outgoing connection: a server can come back to it. */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = randomInt(20_000, 32_000);
		const probe = createServer();
		const free = once(probe, "listening").then(
			() => true,
			() => false,
		);
		probe.listen(port, "127.0.0.1");
		if (await free) {
			await new Promise((closed) => probe.close(closed));
			return port;
		}
	}
}
