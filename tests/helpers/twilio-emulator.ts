import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { recordRequest } from "./record-requests.ts";
import {
	apiVersion,
	carrierWords,
	optOutType,
	protocolError,
	refusal,
	type TwilioError,
	unknownParameters,
} from "./twilio-rules.ts";
import {
	answerError,
	answerQueued,
	hex,
	type Misbehaviour,
	misbehave,
	postWebhook,
	readSms,
	type SentSms,
	type WebhookAnswer,
} from "./twilio-wire.ts";

export type { Misbehaviour, SentSms, WebhookAnswer } from "./twilio-wire.ts";

export interface TwilioEmulatorOptions {
	/** Where inbound messages go; can be set later too. */
	inboundUrl?: string;
	/** `manual`: status callbacks are sent by `callback` only. */
	callbacks?: "automatic" | "manual";
	/** Adds OptOutType to inbound keywords, as an account with Advanced Opt-Out has it. */
	advancedOptOut?: boolean;
	/** False keeps wilfully wrong requests out of the file that the vendor's specification judges. */
	record?: boolean;
}

/** What is noted of a callback to a server that is gone. */
const unanswered = { status: 0, contentType: "", text: "" };

/** Twilio's Messages API on 127.0.0.1, as strict as the vendor. It imports nothing of the product. */
export class TwilioEmulator implements AsyncDisposable {
	readonly accountSid = `AC${hex(16)}`;
	readonly authToken = hex(16);
	/** The sender: the magic number that test credentials may send from. */
	readonly number = "+15005550006";
	/** Every SMS that was taken, in order. */
	readonly sent: SentSms[] = [];
	/** Every request for a message with the status that it got; 0 where the answer was none or was lost. */
	readonly attempts: { to: string; body: string; status: number }[] = [];
	/** What the product got wrong in the protocol; a suite asserts at its end that it is empty. */
	readonly violations: string[] = [];
	readonly callbacks: (WebhookAnswer & { messageStatus: string })[] = [];
	/** What the carrier itself wrote to a phone after a keyword. */
	readonly carrierReplies: { to: string; body: string }[] = [];
	readonly optedOut = new Set<string>();
	inboundUrl: string | undefined;
	baseUrl = "";
	readonly #options: TwilioEmulatorOptions;
	readonly #next: Misbehaviour[] = [];
	readonly #waiters = new Set<(sms: SentSms) => void>();
	readonly #running = new Set<Promise<unknown>>();
	readonly #server = createServer((request, response) => this.#track(this.#serve(request, response)));

	constructor(options: TwilioEmulatorOptions = {}) {
		this.#options = options;
		this.inboundUrl = options.inboundUrl;
	}

	async listen(): Promise<this> {
		await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
		this.baseUrl = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
		return this;
	}

	/** The next requests get these instead of a good answer, one each. */
	next(...misbehaviours: Misbehaviour[]): void {
		this.#next.push(...misbehaviours);
	}

	/** The first SMS, past or to come, that fits. */
	waitForSms(fits: (sms: SentSms) => boolean, timeoutMs = 10_000): Promise<SentSms> {
		const past = this.sent.find(fits);
		if (past !== undefined) return Promise.resolve(past);
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.#waiters.delete(waiter);
				const had = this.sent.map((sms) => JSON.stringify(sms.body)).join(", ");
				reject(new Error(`no such SMS within ${timeoutMs} ms; there were: ${had}`));
			}, timeoutMs);
			const waiter = (sms: SentSms) => {
				if (!fits(sms)) return;
				clearTimeout(timer);
				this.#waiters.delete(waiter);
				resolve(sms);
			};
			this.#waiters.add(waiter);
		});
	}

	/** A person answers: the carrier looks for its keywords, then the signed inbound webhook. The same `sid` again is a redelivery. */
	reply(from: string, body: string, sid = `SM${hex(16)}`): Promise<WebhookAnswer> {
		if (this.inboundUrl === undefined) throw new Error("the emulator has no inboundUrl");
		const keyword = optOutType(body);
		if (keyword !== undefined) this.#obeyKeyword(from, keyword);
		return this.post(this.inboundUrl, {
			...this.#common(sid),
			SmsMessageSid: sid,
			SmsStatus: "received",
			Body: body,
			From: from,
			To: this.number,
			FromCountry: "US",
			ToCountry: "US",
			NumMedia: "0",
			NumSegments: "1",
			...(keyword !== undefined && this.#options.advancedOptOut ? { OptOutType: keyword } : {}),
		});
	}

	/** One status callback for a message that was taken, in any order and as often as a test wants. */
	async callback(sms: SentSms, messageStatus: string, errorCode?: number): Promise<WebhookAnswer> {
		if (sms.statusCallback === undefined) throw new Error("the message asked for no status callback");
		const answer = await this.post(sms.statusCallback, {
			...this.#common(sms.sid),
			SmsStatus: messageStatus,
			MessageStatus: messageStatus,
			From: sms.from,
			To: sms.to,
			...(errorCode === undefined ? {} : { ErrorCode: String(errorCode) }),
		});
		this.callbacks.push({ ...answer, messageStatus });
		return answer;
	}

	/** Any signed webhook, for what the other two do not cover. */
	post(url: string, params: Record<string, string>): Promise<WebhookAnswer> {
		return postWebhook(url, this.authToken, params);
	}

	/** Resolves when no request and no automatic callback is under way. */
	async settled(): Promise<void> {
		while (this.#running.size > 0) await Promise.all(this.#running);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		const closed = new Promise((done) => this.#server.close(done));
		this.#server.closeAllConnections();
		await closed;
	}

	#common(sid: string): Record<string, string> {
		return { MessageSid: sid, SmsSid: sid, AccountSid: this.accountSid, ApiVersion: apiVersion };
	}

	#track(work: Promise<unknown>): void {
		const tracked = work.catch((error: unknown) => this.violations.push(String(error)));
		this.#running.add(tracked);
		void tracked.then(() => this.#running.delete(tracked));
	}

	#obeyKeyword(phone: string, keyword: keyof typeof carrierWords): void {
		const wasOut = this.optedOut.has(phone);
		if (keyword === "STOP") this.optedOut.add(phone);
		if (keyword === "START") this.optedOut.delete(phone);
		if (!wasOut || keyword === "START") this.carrierReplies.push({ to: phone, body: carrierWords[keyword] });
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		// Fatal: bytes that are no UTF-8 are a bug of the sender.
		const body = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
		const method = request.method ?? "";
		const path = request.url ?? "";
		const contentType = request.headers["content-type"] ?? "";
		if (this.#options.record !== false) recordRequest({ provider: "twilio", method, path, contentType, body });
		const problem = protocolError({ method, path, contentType, authorization: request.headers.authorization }, this);
		if (problem !== undefined) {
			if (problem.lawful !== true) this.violations.push(`${method} ${path}: ${problem.message}`);
			return answerError(response, problem);
		}
		this.#take(new URLSearchParams(body), response);
	}

	#take(params: URLSearchParams, response: ServerResponse): void {
		const attempt = { to: params.get("To") ?? "", body: params.get("Body") ?? "", status: 0 };
		this.attempts.push(attempt);
		const misbehaviour = this.#next.shift();
		if (misbehaviour !== undefined && misbehaviour.kind !== "lost_answer") {
			if (misbehaviour.kind === "answer") attempt.status = misbehaviour.status;
			misbehave(misbehaviour, response);
			return;
		}
		const refused = this.#refusal(params);
		if (refused !== undefined) {
			attempt.status = refused.status;
			answerError(response, refused);
			return;
		}
		const sms = this.#accept(params);
		if (misbehaviour !== undefined) {
			response.destroy();
			return;
		}
		attempt.status = 201;
		answerQueued(response, this.accountSid, sms);
	}

	#refusal(params: URLSearchParams): TwilioError | undefined {
		const strange = unknownParameters(params);
		if (strange.length > 0) {
			this.violations.push(`unknown parameters: ${strange.join(", ")}`);
			return { status: 400, code: 20001, message: `Unknown parameters: ${strange.join(", ")}` };
		}
		if (params.get("Body")?.includes("\uFFFD")) this.violations.push("the body holds a replacement character");
		const refused = refusal(params, this.number);
		if (refused !== undefined || !this.optedOut.has(params.get("To") ?? "")) return refused;
		return { status: 400, code: 21610, message: "Attempt to send to unsubscribed recipient" };
	}

	#accept(params: URLSearchParams): SentSms {
		const sms = readSms(params, this.number);
		this.sent.push(sms);
		for (const waiter of [...this.#waiters]) waiter(sms);
		if (sms.statusCallback !== undefined && this.#options.callbacks !== "manual") this.#track(this.#report(sms));
		return sms;
	}

	async #report(sms: SentSms): Promise<void> {
		for (const status of ["sent", "delivered"]) {
			await new Promise((done) => setTimeout(done, 20));
			await this.callback(sms, status).catch(() =>
				this.callbacks.push({ ...unanswered, sid: sms.sid, messageStatus: status }),
			);
		}
	}
}

/** Started and listening. */
export function startTwilioEmulator(options: TwilioEmulatorOptions = {}): Promise<TwilioEmulator> {
	return new TwilioEmulator(options).listen();
}
