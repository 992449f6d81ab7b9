import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Log } from "../../server/domain/deps.ts";
import type { InboxPage } from "../../server/domain/read-inbox.ts";
import { refusalOf } from "../../server/http.ts";
import type { RunningInboxBus } from "../../server/inbox-bus.ts";
import { Parked, Parking } from "../../server/parking.ts";

export interface LongPoll {
	bus: RunningInboxBus;
	log: Log;
	sessionId: string;
	waitMs: number;
	look(): Promise<InboxPage>;
	stopped?: () => boolean;
	signal?: AbortSignal | undefined;
}

export interface LongPollAnswer {
	status: number;
	headers: Headers;
	body: string;
	/** What the access log is told, once the server is done with the request. */
	noted: number[];
}

/** One request that waits, over a socket, at a server that does nothing else. */
export async function longPoll({
	bus,
	log,
	signal,
	stopped = () => false,
	...wait
}: LongPoll): Promise<LongPollAnswer> {
	const refuse = (error: unknown, requestId: string) => refusalOf(error, requestId, log);
	const parking = new Parking({ bus, stopped, refuse });
	const noted: number[] = [];
	async function serve(outgoing: ServerResponse): Promise<void> {
		const found = await parking.enter(outgoing, { ...wait, requestId: "request-1" });
		if (found instanceof Parked) found.onAnswered((status) => void noted.push(status));
		if (parking.takeOver(outgoing, new Response(null, { status: 204, headers: { "x-of-the-app": "yes" } }))) return;
		if (found instanceof Parked) throw new Error("It is neither answered nor parked.");
		outgoing.end(JSON.stringify(found));
	}
	const server = createServer((_incoming, outgoing) => void serve(outgoing));
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	try {
		const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: signal ?? null });
		return { status: answer.status, headers: answer.headers, body: await answer.text(), noted };
	} finally {
		server.closeAllConnections();
		server.close();
		await once(server, "close");
	}
}
