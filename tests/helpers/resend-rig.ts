import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Resend } from "resend";
import { type ResendEmulator, type ResendEmulatorOptions, startResendEmulator } from "./resend-emulator.ts";

/** A webhook as it arrived, in the form that the SDK's own check wants. */
export interface Webhook {
	headers: { id: string; timestamp: string; signature: string };
	body: string;
}

/** The emulator, the official SDK pointed at it, and somebody who receives its webhooks. */
export class ResendRig implements AsyncDisposable {
	readonly webhooks: Webhook[] = [];
	readonly emulator: ResendEmulator;
	readonly webhookUrl: string;
	readonly #receiver: ReturnType<typeof createServer>;

	private constructor(emulator: ResendEmulator, webhookUrl: string, receiver: ReturnType<typeof createServer>) {
		this.emulator = emulator;
		this.webhookUrl = webhookUrl;
		this.#receiver = receiver;
		receiver.on("request", (request, response) => {
			const header = (name: string) => String(request.headers[`svix-${name}`]);
			const headers = { id: header("id"), timestamp: header("timestamp"), signature: header("signature") };
			let body = "";
			request.setEncoding("utf8");
			request.on("data", (chunk: string) => {
				body += chunk;
			});
			request.on("end", () => {
				this.webhooks.push({ headers, body });
				response.writeHead(200, { "content-type": "application/json" }).end("{}");
			});
		});
	}

	static async start(options: ResendEmulatorOptions = {}): Promise<ResendRig> {
		const receiver = createServer();
		await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
		const webhookUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/in`;
		const emulator = await startResendEmulator({ record: false, rateLimit: false, webhookUrl, ...options });
		return new ResendRig(emulator, webhookUrl, receiver);
	}

	sdk(key = this.emulator.apiKey): Resend {
		return new Resend(key, { baseUrl: this.emulator.baseUrl });
	}

	/** A mail that the emulator takes. */
	get mail() {
		return { from: this.emulator.from, to: "delivered+ann@resend.dev", subject: "(b) Claude", text: "done" };
	}

	send(more: object = {}, idempotencyKey?: string) {
		return this.sdk().emails.send({ ...this.mail, ...more }, idempotencyKey === undefined ? {} : { idempotencyKey });
	}

	/** The SDK's own check; throws when it refuses. */
	verify({ body, headers }: Webhook): unknown {
		return this.sdk().webhooks.verify({ payload: body, headers, webhookSecret: this.emulator.webhookSecret });
	}

	webhooksOf(emailId = "none"): Webhook[] {
		return this.webhooks.filter((webhook) => webhook.body.includes(emailId));
	}

	/** What arrived last. */
	last(): Webhook {
		const webhook = this.webhooks.at(-1);
		if (webhook === undefined) throw new Error("no webhook arrived");
		return webhook;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.emulator[Symbol.asyncDispose]();
		this.#receiver.closeAllConnections();
		await new Promise((done) => this.#receiver.close(done));
	}
}
