import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { hex } from "./twilio-wire.ts";

/** One message as the provider took it. */
export interface Taken {
	/** Our delivery's id, as the status callback carries it: the same for every attempt. */
	key: string;
	to: string;
	/** The number of whoever sent it. */
	from: string;
	/** By performance.now(). */
	at: number;
}

/** Twilio's side of a send and nothing more: what it took, when, and how often. */
export interface FaultsProvider extends AsyncDisposable {
	readonly taken: Taken[];
	readonly variables: Record<string, string>;
	/** Called between a message's taking and its answer; the answer waits for nothing else. */
	onTaken: ((taken: Taken) => void) | undefined;
	/** Called in the moment in which the answer was written. */
	onAnswered: ((taken: Taken) => void) | undefined;
}

export async function startFaultsProvider({ answerMs = 0 } = {}): Promise<FaultsProvider> {
	const taken: Taken[] = [];
	const provider: Pick<FaultsProvider, "onTaken" | "onAnswered"> = { onTaken: undefined, onAnswered: undefined };
	async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		if (request.method !== "POST") {
			// The server asks for a message that nobody has, to see whether its credentials are good.
			response.writeHead(404, { "content-type": "application/json" });
			response.end(JSON.stringify({ code: 20404, message: "not found", status: 404 }));
			return;
		}
		const params = new URLSearchParams(await text(request));
		const key = new URL(params.get("StatusCallback") ?? "").searchParams.get("delivery") ?? "";
		const message = { key, to: params.get("To") ?? "", from: params.get("From") ?? "", at: performance.now() };
		taken.push(message);
		provider.onTaken?.(message);
		if (answerMs > 0) await sleep(answerMs);
		response.writeHead(201, { "content-type": "application/json" });
		response.end(JSON.stringify({ sid: `SM${hex(16)}`, status: "queued" }));
		provider.onAnswered?.(message);
	}
	const server = createServer((request, response) => {
		// A killed sender takes its connection along.
		serve(request, response).catch(() => response.destroy());
	});
	await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
	const { port } = server.address() as AddressInfo;
	return Object.assign(provider, {
		taken,
		variables: {
			TWILIO_ACCOUNT_SID: `AC${hex(16)}`,
			TWILIO_AUTH_TOKEN: hex(16),
			TWILIO_PHONE_NUMBER: "+15005550006",
			TWILIO_BASE_URL: `http://127.0.0.1:${port}`,
		},
		async [Symbol.asyncDispose]() {
			const closed = new Promise((done) => server.close(done));
			server.closeAllConnections();
			await closed;
		},
	});
}
