import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { type Misbehaviour, misbehave } from "../helpers/twilio-wire.ts";
import { httpFaults } from "./http-faults.ts";
import { allFaults, connected, type ProviderRow } from "./row.ts";

/** POST / as https://docs.ntfy.sh/publish/#publish-as-json has it; a field that ntfy does not know is a mistake of ours. */
const publication = z.strictObject({
	topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
	message: z.string().min(1),
	title: z.string().min(1).optional(),
	priority: z.int().min(1).max(5).optional(),
	actions: z
		.array(
			z.strictObject({
				action: z.literal("http"),
				label: z.string().min(1),
				url: z.url(),
				method: z.literal("POST"),
				headers: z.record(z.string(), z.string()),
				body: z.string(),
				clear: z.boolean(),
			}),
		)
		.max(3),
});
export type NtfyMessage = z.infer<typeof publication>;

const token = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2";
const forbidden = "somebody-elses-topic";

/** An ntfy server on 127.0.0.1, and the app on a phone that can press a message's buttons. */
export class NtfyEmulator implements AsyncDisposable {
	readonly messages: NtfyMessage[] = [];
	readonly violations: string[] = [];
	readonly #next: Misbehaviour[] = [];
	readonly #server = createServer((request, response) => void this.#serve(request, response));

	async listen(): Promise<this> {
		await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
		return this;
	}

	get variables(): Record<string, string> {
		return { NTFY_URL: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`, NTFY_TOKEN: token };
	}

	next(misbehaviour: Misbehaviour): void {
		this.#next.push(misbehaviour);
	}

	/** The phone presses the button of that name under the newest message that has it; `body` is what a stranger would send instead. */
	async press(label: string, body?: string): Promise<number> {
		const actions = this.messages.flatMap((message) => message.actions);
		const action = actions.findLast((each) => each.label === label);
		if (action === undefined) throw new Error(`no message has a button ${label}`);
		const { url, method, headers } = action;
		return (await fetch(url, { method, headers, body: body ?? action.body })).status;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#server.closeAllConnections();
		await new Promise((done) => this.#server.close(done));
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const misbehaviour = this.#next.shift();
		if (misbehaviour !== undefined && misbehaviour.kind !== "lost_answer") return misbehave(misbehaviour, response);
		if (request.headers.authorization !== `Bearer ${token}`) return refuse(response, 401, 40101, "unauthorized");
		const parsed = publication.safeParse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
		if (request.method !== "POST" || request.url !== "/" || !parsed.success) {
			this.violations.push(`${request.method} ${request.url}: ${parsed.error?.message ?? "no such address"}`);
			return refuse(response, 400, 40017, "invalid request: request body must be message JSON");
		}
		if (parsed.data.topic === forbidden) return refuse(response, 403, 40301, "forbidden");
		if (Buffer.byteLength(parsed.data.message) > 4096) this.violations.push("the message becomes an attachment");
		this.messages.push(parsed.data);
		if (misbehaviour !== undefined) return void response.destroy();
		response.writeHead(200, { "content-type": "application/json" });
		response.end(JSON.stringify({ id: `m${this.messages.length}`, event: "message", ...parsed.data }));
	}
}

function refuse(response: ServerResponse, http: number, code: number, error: string): void {
	response.writeHead(http, { "content-type": "application/json" });
	response.end(JSON.stringify({ code, http, error, link: "https://ntfy.sh/docs/publish/" }));
}

export const ntfyByServer: ProviderRow = {
	name: "ntfy",
	faults: allFaults,
	async open() {
		const server = await new NtfyEmulator().listen();
		return {
			channel: connected("ntfy", server.variables),
			address: "claude-Xk3vQ9mT2p",
			wrongAddress: forbidden,
			arrived: () =>
				server.messages.map(({ title, message }) => (title === undefined ? message : `${title}\n${message}`)),
			fail: (fault) => server.next(httpFaults[fault]),
			busy: (seconds) => server.next({ kind: "answer", status: 429, headers: { "retry-after": String(seconds) } }),
			secrets: [token, "claude-Xk3vQ9mT2p", forbidden],
			violations: server.violations,
			goAway: () => server[Symbol.asyncDispose](),
			[Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
		};
	},
};
