import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { challengeOf, secret } from "./login.ts";

/** What a companion does: it listens on loopback and waits for one call. */
export class CallbackListener implements AsyncDisposable {
	readonly calls: URL[] = [];
	readonly state = secret(24);
	readonly verifier = secret();
	readonly #host: string;
	readonly #server = createServer((request, response) => {
		if (request.url?.startsWith("/cb") === true) this.calls.push(new URL(request.url, "http://listener"));
		response
			.setHeader("content-type", "text/html")
			.end("<title>Connected</title><p>Connected. You can close this page.");
	});

	constructor(host = "127.0.0.1") {
		this.#host = host;
	}

	async listen(): Promise<this> {
		this.#server.listen(0, this.#host);
		await once(this.#server, "listening");
		return this;
	}

	get callbackUri(): string {
		const host = this.#host.includes(":") ? `[${this.#host}]` : this.#host;
		return `http://${host}:${(this.#server.address() as AddressInfo).port}/cb`;
	}

	loginUrl(server: URL): string {
		const url = new URL("/login", server);
		url.search = new URLSearchParams({
			callback_uri: this.callbackUri,
			state: this.state,
			code_challenge: challengeOf(this.verifier),
			code_challenge_method: "S256",
		}).toString();
		return url.href;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#server.closeAllConnections();
		this.#server.close();
		await once(this.#server, "close");
	}
}
