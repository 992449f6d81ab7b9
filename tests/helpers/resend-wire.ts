import { createHmac, randomBytes, randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { ResendError, SendRequest } from "./resend-rules.ts";

/** What the emulator does with the next request instead of answering well. */
export type Misbehaviour =
	| {
			kind: "answer";
			status: number;
			/** Resend's error code. */
			name?: string;
			message?: string;
			headers?: Record<string, string>;
			/** Sent as it is, as text/html, instead of Resend's JSON. */
			body?: string;
	  }
	/** Never answers. */
	| { kind: "hang" }
	/** Answers headers, then one byte now and then without an end. */
	| { kind: "drip" }
	| { kind: "reset" }
	/** Takes the mail, and the answer is lost on the way. */
	| { kind: "lost_answer" };

/** One mail that the emulator took. */
export interface SentMail extends SendRequest {
	id: string;
	createdAt: string;
	/** What the recipient sees: SES overrides every Message-ID of the sender's, and keeps References. */
	messageId: string;
	idempotencyKey: string | undefined;
}

/** One webhook call, with what the product answered; status 0 where nobody answered. */
export interface Delivery {
	/** svix-id: the same again is a redelivery. */
	id: string;
	url: string;
	body: string;
	type: string;
	status: number;
	contentType: string;
	text: string;
}

export const hex = (bytes: number) => randomBytes(bytes).toString("hex");

export function sentMail(request: SendRequest, idempotencyKey: string | undefined): SentMail {
	const messageId = `<${hex(8)}-${randomUUID()}-000000@us-east-1.amazonses.com>`;
	return { ...request, id: randomUUID(), createdAt: new Date().toISOString(), messageId, idempotencyKey };
}

export function answer(response: ServerResponse, status: number, body: object): void {
	response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(body));
}

export function answerError(response: ServerResponse, { status, name, message }: ResendError): void {
	answer(response, status, { statusCode: status, name, message });
}

export function misbehave(how: Misbehaviour, response: ServerResponse): void {
	if (how.kind === "hang") return;
	if (how.kind === "reset" || how.kind === "lost_answer") {
		response.destroy();
		return;
	}
	if (how.kind === "drip") {
		response.writeHead(200, { "content-type": "application/json" });
		const timer = setInterval(() => response.write(" "), 50);
		response.on("close", () => clearInterval(timer));
		return;
	}
	for (const [name, value] of Object.entries(how.headers ?? {})) response.setHeader(name, value);
	if (how.body !== undefined) {
		response.writeHead(how.status, { "content-type": "text/html" }).end(how.body);
		return;
	}
	const message = how.message ?? "The emulator was told to refuse.";
	answerError(response, { status: how.status, name: how.name ?? "application_error", message });
}

/** svix-signature as Standard Webhooks publish it: HMAC-SHA256 over id, timestamp and the raw body. */
function signSvix(secret: string, id: string, timestamp: number, body: string): string {
	const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
	return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`, "utf8").digest("base64")}`;
}

export interface PostOptions {
	/** Another secret makes it a forgery. */
	secret?: string;
	/** Seconds since 1970; an old one makes it a replay. */
	timestamp?: number;
	id?: string;
	/** Goes out under the signature of `body`. */
	tampered?: string;
	/** Instead of the three headers of the signature. */
	headers?: Record<string, string>;
}

/** Posts a webhook as Resend's sender (Svix) does. */
export async function postWebhook(
	url: string,
	body: string,
	options: PostOptions & { secret: string },
): Promise<Delivery> {
	const id = options.id ?? `msg_${hex(13)}`;
	const timestamp = options.timestamp ?? Math.floor(Date.now() / 1000);
	const signed = {
		"svix-id": id,
		"svix-timestamp": String(timestamp),
		"svix-signature": signSvix(options.secret, id, timestamp, body),
	};
	const type = /"type":"([a-z._]+)"/.exec(body)?.[1] ?? "";
	const none = { id, url, body, type, status: 0, contentType: "", text: "" };
	const response = await fetch(url, {
		method: "POST",
		headers: {
			"content-type": "application/json",
			"user-agent": "Svix-Webhooks/1.84.0",
			...(options.headers ?? signed),
		},
		body: options.tampered ?? body,
		redirect: "manual",
		signal: AbortSignal.timeout(15_000),
	}).catch(() => undefined);
	if (response === undefined) return none;
	const contentType = response.headers.get("content-type") ?? "";
	return { ...none, status: response.status, contentType, text: await response.text() };
}
