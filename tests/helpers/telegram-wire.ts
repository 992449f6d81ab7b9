import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { MessageEntity } from "./telegram-html.ts";
import type { Button, Params, Refusal } from "./telegram-rules.ts";

/** What the emulator does with a request instead of answering well. `on` names the method that it waits for: sendMessage at first. */
export type Misbehaviour = { on?: string } & (
	| {
			kind: "answer";
			status: number;
			/** In the vendor's JSON. */
			description?: string;
			parameters?: Refusal["parameters"];
			headers?: Record<string, string>;
			/** Sent as it is, as text/html, instead of the vendor's JSON. */
			body?: string;
	  }
	/** Never answers. */
	| { kind: "hang" }
	/** Answers headers, then one byte now and then without an end. */
	| { kind: "drip" }
	| { kind: "reset" }
	/** Does what was asked, and the answer is lost on the way. */
	| { kind: "lost_answer" }
	/** Does what was asked, and says so after this time. */
	| { kind: "slow"; ms: number }
	/** 200 with something that is no JSON. */
	| { kind: "garbage" }
	/** 200 with so many bytes of JSON; 64 MB at first. */
	| { kind: "huge"; bytes?: number }
);

/** Those after which the request is carried out all the same. */
export type LateMisbehaviour = Extract<Misbehaviour, { kind: "lost_answer" | "slow" }>;

export interface WireUser {
	id: number;
	is_bot: boolean;
	first_name: string;
	username?: string;
	language_code?: string;
}

export interface WireChat {
	id: number;
	type: "private" | "group" | "supergroup" | "channel";
	title?: string;
	first_name?: string;
	username?: string;
	is_forum?: true;
}

/** A Message of the Bot API, as far as the emulator makes it. */
export interface WireMessage {
	message_id: number;
	date: number;
	chat: WireChat;
	from?: WireUser;
	sender_chat?: WireChat;
	message_thread_id?: number;
	is_topic_message?: true;
	reply_to_message?: WireMessage;
	edit_date?: number;
	text?: string;
	entities?: MessageEntity[];
	reply_markup?: { inline_keyboard: Button[][] };
	/** Service messages and media. */
	[field: string]: unknown;
}

/** An Update: an id and one more field, whose name is its type. */
export type WireUpdate = { update_id: number } & Record<string, unknown>;

/** What a message said at one time. */
export interface MessageVersion {
	/** As it came in the request. */
	rawText: string;
	/** As a phone shows it: after entities parsing. */
	text: string;
	entities: MessageEntity[];
	/** Rows of the inline keyboard. */
	buttons: Button[][];
	parseMode: string | undefined;
}

/** One message of the bot that the emulator took; its own fields say what the phone shows now. */
export interface SentMessage extends MessageVersion {
	chatId: number;
	messageId: number;
	threadId: number | undefined;
	/** disable_notification */
	silent: boolean;
	/** The message that it answers. */
	replyTo: number | undefined;
	/** The whole request. */
	params: Params;
	/** What it said at first. */
	first: MessageVersion;
	/** What each edit made of it, in order. */
	edits: MessageVersion[];
}

/** What a webhook of the product answered to one delivery; status 0: nothing. */
export interface WebhookAnswer {
	updateId: number | undefined;
	/** Of this update, from 1. */
	attempt: number;
	status: number;
	contentType: string;
	text: string;
}

/** What became of one update that was to be delivered by webhook. */
export interface Delivered {
	/** True when the webhook answered 2xx. */
	delivered: boolean;
	answers: WebhookAnswer[];
}

export interface DeliveryRules {
	/** How often an update is offered to a webhook that does not answer 2xx; the vendor goes on for hours. */
	attempts: number;
	/** Between two of them. */
	delayMs: number;
	/** How long a webhook may take to answer. */
	timeoutMs: number;
	/** The vendor answers 429 to a setWebhook within a second after another. */
	setWebhookPauseMs: number;
}

/** What a phone showed after a button was pressed. */
export interface CallbackAnswer {
	text: string;
	showAlert: boolean;
	url: string | undefined;
}

export const now = () => Math.floor(Date.now() / 1000);
export const hex = (bytes: number) => randomBytes(bytes).toString("hex");

export function answerJson(response: ServerResponse, status: number, body: object, headers = {}): void {
	response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

export function answerRefusal(response: ServerResponse, refusal: Omit<Refusal, "name" | "message" | "silent">): void {
	const { code, description, parameters } = refusal;
	const wait = parameters?.retry_after;
	answerJson(
		response,
		code,
		{ ok: false, error_code: code, description, ...(parameters && { parameters }) },
		wait === undefined ? {} : { "retry-after": String(wait) },
	);
}

/** A body of JSON that goes on and on, written as fast as the client reads. */
function flood(response: ServerResponse, bytes: number): void {
	const chunk = "x".repeat(65_536);
	let left = bytes;
	response.writeHead(200, { "content-type": "application/json" }).write('{"ok":true,"result":{"text":"');
	const pump = () => {
		while (left > 0) {
			left -= chunk.length;
			if (!response.write(chunk)) return;
		}
		response.off("drain", pump);
		response.end('"}}');
	};
	response.on("drain", pump);
	pump();
}

export function misbehave(how: Exclude<Misbehaviour, LateMisbehaviour>, response: ServerResponse): void {
	if (how.kind === "hang") return;
	if (how.kind === "reset") {
		response.destroy();
		return;
	}
	if (how.kind === "drip") {
		response.writeHead(200, { "content-type": "application/json" });
		const timer = setInterval(() => response.write(" "), 50);
		response.on("close", () => clearInterval(timer));
		return;
	}
	if (how.kind === "garbage") {
		response.writeHead(200, { "content-type": "application/json" }).end('{"ok":tru');
		return;
	}
	if (how.kind === "huge") {
		flood(response, how.bytes ?? 64 * 1024 * 1024);
		return;
	}
	for (const [name, value] of Object.entries(how.headers ?? {})) response.setHeader(name, value);
	if (how.body !== undefined) {
		response.writeHead(how.status, { "content-type": "text/html" }).end(how.body);
		return;
	}
	const description = how.description ?? "The emulator was told to refuse.";
	answerRefusal(response, { code: how.status, description, parameters: how.parameters });
}

/** One POST to a webhook as the vendor makes it: JSON, the secret in a header, no redirect followed. */
export async function postUpdate(
	webhook: Params,
	body: string,
	signal: AbortSignal,
): Promise<{ status: number; contentType: string; text: string }> {
	const secret = webhook["secret_token"];
	const headers = new Headers({ "content-type": "application/json" });
	if (typeof secret === "string" && secret !== "") headers.set("x-telegram-bot-api-secret-token", secret);
	try {
		const url = String(webhook["url"]);
		const response = await fetch(url, { method: "POST", redirect: "manual", headers, body, signal });
		const contentType = response.headers.get("content-type") ?? "";
		return { status: response.status, contentType, text: await response.text() };
	} catch {
		return { status: 0, contentType: "", text: "" };
	}
}

/** The method call that a webhook's answer may hold; the vendor carries it out. */
export function methodInAnswer({ status, contentType, text }: WebhookAnswer): Params | undefined {
	if (status < 200 || status > 299 || !contentType.includes("json")) return undefined;
	try {
		const body: unknown = JSON.parse(text);
		return typeof body === "object" && body !== null && "method" in body ? (body as Params) : undefined;
	} catch {
		return undefined;
	}
}
