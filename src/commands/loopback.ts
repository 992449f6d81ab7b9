import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { sameText } from "./pkce.ts";

export interface CallbackListener {
	/** `http://127.0.0.1:<port>/cb` */
	uri: string;
	close(): void;
}

export interface CallbackOptions {
	/** What the page must bring back, so that no other page can hand in a token (CSRF). */
	state: string;
	/** Listening ends by itself after this. */
	limitMs: number;
	/** Called once, with the first token that comes with the right state; its text is shown in the browser. */
	onToken: (tempToken: string) => Promise<string>;
}

/** Waits on 127.0.0.1 for the hosted page to send the browser back (RFC 8252). One path, one answer, then it is closed. */
export async function listenForCallback({ state, limitMs, onToken }: CallbackOptions): Promise<CallbackListener> {
	let taken = false;
	const server = createServer(
		{ requestTimeout: 10_000, headersTimeout: 5000, maxHeaderSize: 8192 },
		(request, response) => {
			const token = tempTokenIn(request, state);
			if (typeof token === "number" || taken)
				return sendPage(response, token === 404 ? 404 : 400, "This is not the page that was asked for.");
			taken = true;
			onToken(token)
				.then((text) => sendPage(response, 200, text))
				.catch(() => sendPage(response, 500, "Something went wrong. See /notify-status in Claude Code."))
				.finally(close)
				.catch(() => undefined);
		},
	);
	const timer = setTimeout(close, limitMs);
	timer.unref();
	function close(): void {
		clearTimeout(timer);
		server.close();
		// What is being answered may finish; the rest has no business here.
		server.closeIdleConnections();
		setTimeout(() => server.closeAllConnections(), 1000).unref();
	}
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(0, "127.0.0.1", resolve);
	});
	server.unref();
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("no port on 127.0.0.1");
	return { uri: `http://127.0.0.1:${address.port}/cb`, close };
}

/** The token of a request that may bring one, or the status of its refusal. */
function tempTokenIn({ method, url = "", headers }: IncomingMessage, state: string): string | number {
	const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
	// A name that was made to resolve here (DNS rebinding) shows in the Host header.
	if (method !== "GET" || pathname !== "/cb" || !/^127\.0\.0\.1:\d+$/.test(headers.host ?? "")) return 404;
	const token = searchParams.get("temp_token") ?? "";
	return sameText(searchParams.get("state") ?? "", state) && /^[A-Za-z0-9_-]{20,200}$/.test(token) ? token : 400;
}

function sendPage(response: ServerResponse, status: number, text: string): void {
	response.writeHead(status, {
		"content-type": "text/html; charset=utf-8",
		"cache-control": "no-store",
		"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
		"referrer-policy": "no-referrer",
		"x-content-type-options": "nosniff",
		connection: "close",
	});
	const shown = text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
	response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>claude-notify</title><body style="font:1.2rem system-ui;max-width:32rem;margin:20vh auto;padding:0 1rem"><p>${shown}</p></body></html>`);
}
