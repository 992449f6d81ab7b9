import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { recordRequest } from "./record-requests.ts";
import { type Bounce, eventsFor, type OutboundEvent, outboundEvent } from "./resend-events.ts";
import { type Arrival, type MailParts, type ReceivedMail, rawMail, receiveMail } from "./resend-inbound.ts";
import { ResendLimits } from "./resend-limits.ts";
import { ResendOutbox } from "./resend-outbox.ts";
import { domainOf, protocolError, type ResendError, readSendRequest, type SendRequest } from "./resend-rules.ts";
import {
	answer,
	answerError,
	type Delivery,
	hex,
	type Misbehaviour,
	misbehave,
	type PostOptions,
	postWebhook,
	type SentMail,
} from "./resend-wire.ts";

export type { Arrival, MailParts } from "./resend-inbound.ts";
export type { Delivery, Misbehaviour, SentMail } from "./resend-wire.ts";

export interface ResendEmulatorOptions {
	/** Where signed webhooks go; can be set later too. None are sent without it. */
	webhookUrl?: string;
	/** `manual`: events of sent mails go out by `event` only. */
	events?: "automatic" | "manual";
	/** Requests per second, as the vendor has it; false takes any number. */
	rateLimit?: number | false;
	/** A key with sending access only reads no received mail. */
	apiKeyAccess?: "full" | "sending";
	/** Keys that a server already has in its environment. */
	apiKey?: string;
	webhookSecret?: string;
	/** False keeps wilfully wrong requests out of the file that the vendor's specification judges. */
	record?: boolean;
}

/** Resend's API, webhooks and receiving MX on 127.0.0.1, as strict as the vendor. It imports nothing of the product. */
export class ResendEmulator implements AsyncDisposable {
	readonly apiKey: string;
	readonly webhookSecret: string;
	readonly apiKeyAccess: "full" | "sending";
	/** Verified for sending. */
	readonly domain = "mail.claude-notify.dev";
	readonly from = `Claude <notify@${this.domain}>`;
	/** Its MX is ours. */
	readonly inboundDomain = "in.claude-notify.dev";
	/** Every mail that was taken, in order. */
	readonly sent: SentMail[];
	/** Every request to send with the status that it got; 0 where the answer was none or was lost. */
	readonly attempts: { to: string[]; subject: string; idempotencyKey: string | undefined; status: number }[] = [];
	/** Every request for a received mail, likewise. */
	readonly reads: { id: string; status: number }[] = [];
	/** What the product got wrong in the protocol; a suite asserts at its end that it is empty. */
	readonly violations: string[] = [];
	/** Every webhook that went out, with what was answered. */
	readonly deliveries: Delivery[] = [];
	readonly limits: ResendLimits;
	webhookUrl: string | undefined;
	baseUrl = "";
	readonly #options: ResendEmulatorOptions;
	readonly #next: Misbehaviour[] = [];
	readonly #nextRead: Misbehaviour[] = [];
	readonly #outbox = new ResendOutbox();
	readonly #received = new Map<string, ReceivedMail>();
	readonly #running = new Set<Promise<unknown>>();
	readonly #server = createServer((request, response) => this.#track(this.#serve(request, response)));

	constructor(options: ResendEmulatorOptions = {}) {
		this.#options = options;
		this.apiKey = options.apiKey ?? `re_${hex(4)}_${hex(12)}`;
		this.apiKeyAccess = options.apiKeyAccess ?? "full";
		this.webhookSecret = options.webhookSecret ?? `whsec_${randomBytes(24).toString("base64")}`;
		this.webhookUrl = options.webhookUrl;
		this.sent = this.#outbox.sent;
		this.limits = new ResendLimits(options.rateLimit ?? 5);
	}

	async listen(): Promise<this> {
		await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
		this.baseUrl = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
		return this;
	}

	/** The next requests to send get these instead of a good answer, one each. */
	next(...misbehaviours: Misbehaviour[]): void {
		this.#next.push(...misbehaviours);
	}

	/** The next requests for a received mail, likewise. */
	nextRead(...misbehaviours: Misbehaviour[]): void {
		this.#nextRead.push(...misbehaviours);
	}

	/** The first mail, past or to come, that fits. */
	waitForMail(fits: (mail: SentMail) => boolean, timeoutMs = 10_000): Promise<SentMail> {
		return this.#outbox.waitFor(fits, timeoutMs);
	}

	/** A person's mail arrives at the inbound domain: the webhook tells of it, the API has it. */
	async mail(mail: string | MailParts, arrival: Arrival = {}): Promise<Delivery & { emailId: string }> {
		const received = await receiveMail(typeof mail === "string" ? mail : rawMail(mail), arrival);
		const elsewhere = received.receivedFor.filter((address) => domainOf(address.toLowerCase()) !== this.inboundDomain);
		if (elsewhere.length > 0) throw new Error(`${elsewhere.join(", ")} is not at ${this.inboundDomain}`);
		this.#received.set(received.id, received);
		return { ...(await this.#send(received.event)), emailId: received.id };
	}

	/** One event of a mail that was taken, in any order and as often as a test wants. */
	event(mail: SentMail, event: OutboundEvent, bounce?: Bounce): Promise<Delivery> {
		return this.#send(outboundEvent(mail, event, bounce));
	}

	/** The same webhook with the same svix-id and a new signature, as after an answer that was no 2xx. */
	redeliver(delivery: Delivery): Promise<Delivery> {
		return this.#send(delivery.body, { id: delivery.id });
	}

	/** Any webhook: forged, old, tampered with, or of a type that nobody asked for. */
	async post(url: string, body: string | object, options: PostOptions = {}): Promise<Delivery> {
		const text = typeof body === "string" ? body : JSON.stringify(body);
		const delivery = await postWebhook(url, text, { secret: this.webhookSecret, ...options });
		this.deliveries.push(delivery);
		return delivery;
	}

	/** Resolves when no request and no automatic event is under way. */
	async settled(): Promise<void> {
		while (this.#running.size > 0) await Promise.all(this.#running);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		const closed = new Promise((done) => this.#server.close(done));
		this.#server.closeAllConnections();
		await closed;
	}

	#send(body: string, options: PostOptions = {}): Promise<Delivery> {
		if (this.webhookUrl === undefined) throw new Error("the emulator has no webhookUrl");
		return this.post(this.webhookUrl, body, options);
	}

	#track(work: Promise<unknown>): void {
		const tracked = work.catch((error: unknown) => this.violations.push(String(error)));
		this.#running.add(tracked);
		void tracked.then(() => this.#running.delete(tracked));
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		// Fatal: bytes that are no UTF-8 are a bug of the sender.
		const body = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
		const method = request.method ?? "";
		const path = request.url ?? "";
		const contentType = request.headers["content-type"] ?? "";
		const key = request.headers["idempotency-key"]?.toString();
		const { authorization } = request.headers;
		if (this.#options.record !== false) recordRequest({ provider: "resend", method, path, contentType, body });
		const problem = protocolError({ method, path, contentType, authorization, key }, this);
		if (problem !== undefined) return this.#refuse(response, problem, `${method} ${path}`);
		const tooMany = this.limits.count(response);
		if (method === "GET") this.#read(path.slice("/emails/receiving/".length).replace(/\?.*/, ""), response, tooMany);
		else this.#take(body, key, response, tooMany);
	}

	#refuse(response: ServerResponse, problem: ResendError, where: string): void {
		if (problem.violation === true) this.violations.push(`${where}: ${problem.message}`);
		answerError(response, problem);
	}

	#read(id: string, response: ServerResponse, tooMany: ResendError | undefined): void {
		const read = { id, status: 0 };
		this.reads.push(read);
		const misbehaviour = this.#nextRead.shift();
		if (misbehaviour !== undefined) {
			if (misbehaviour.kind === "answer") read.status = misbehaviour.status;
			misbehave(misbehaviour, response);
			return;
		}
		const content = this.#received.get(id)?.content;
		const problem = tooMany ?? (content === undefined ? notFound : undefined);
		read.status = problem?.status ?? 200;
		if (problem !== undefined) this.#refuse(response, problem, `GET ${id}`);
		else answer(response, 200, content ?? {});
	}

	#take(body: string, key: string | undefined, response: ServerResponse, tooMany: ResendError | undefined): void {
		const request = readSendRequest(body, [this.domain]);
		const { to, subject } = "status" in request ? { to: [], subject: "" } : request;
		const attempt = { to, subject, idempotencyKey: key, status: 0 };
		this.attempts.push(attempt);
		const misbehaviour = this.#next.shift();
		if (misbehaviour !== undefined && misbehaviour.kind !== "lost_answer") {
			if (misbehaviour.kind === "answer") attempt.status = misbehaviour.status;
			misbehave(misbehaviour, response);
			return;
		}
		const mayTake = (mail: SendRequest) => this.limits.quotaError() ?? this.#outbox.accept(mail, body, key);
		const taken = tooMany ?? ("status" in request ? request : mayTake(request));
		if ("mail" in taken && taken.isNew) this.#reportLater(taken.mail);
		if (misbehaviour !== undefined) {
			misbehave(misbehaviour, response);
			return;
		}
		attempt.status = "mail" in taken ? 200 : taken.status;
		if ("mail" in taken) answer(response, 200, { id: taken.mail.id });
		else this.#refuse(response, taken, "POST /emails");
	}

	#reportLater(mail: SentMail): void {
		if (this.webhookUrl !== undefined && this.#options.events !== "manual") this.#track(this.#report(mail));
	}

	async #report(mail: SentMail): Promise<void> {
		for (const event of new Set(mail.to.flatMap(eventsFor))) {
			await new Promise((done) => setTimeout(done, 20));
			await this.event(mail, event);
		}
	}
}

const notFound: ResendError = { status: 404, name: "not_found", message: "Email not found" };

/** Started and listening. */
export function startResendEmulator(options: ResendEmulatorOptions = {}): Promise<ResendEmulator> {
	return new ResendEmulator(options).listen();
}
