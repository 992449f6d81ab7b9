import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { SegmentedMessage } from "sms-segments-calculator";
import { apiVersion, signTwilio, type TwilioError } from "./twilio-rules.ts";

/** What the emulator does with the next request instead of answering well. */
export type Misbehaviour =
	| {
			kind: "answer";
			status: number;
			code?: number;
			message?: string;
			headers?: Record<string, string>;
			/** Sent as it is, as text/html, instead of Twilio's JSON. */
			body?: string;
	  }
	/** Never answers. */
	| { kind: "hang" }
	/** Answers headers, then one byte now and then without an end. */
	| { kind: "drip" }
	| { kind: "reset" }
	/** Takes the message, and the answer is lost on the way. */
	| { kind: "lost_answer" };

/** One SMS that the emulator took. */
export interface SentSms {
	sid: string;
	to: string;
	from: string;
	body: string;
	encoding: "GSM-7" | "UCS-2";
	segments: number;
	statusCallback: string | undefined;
	validityPeriod: number | undefined;
}

/** What a webhook of the product answered. */
export interface WebhookAnswer {
	sid: string;
	status: number;
	contentType: string;
	text: string;
}

export const hex = (bytes: number) => randomBytes(bytes).toString("hex");

export function readSms(params: URLSearchParams, number: string): SentSms {
	const body = params.get("Body") ?? "";
	const counted = new SegmentedMessage(body);
	const validity = params.get("ValidityPeriod");
	return {
		sid: `SM${hex(16)}`,
		to: params.get("To") ?? "",
		from: params.get("From") ?? number,
		body,
		encoding: counted.encodingName,
		segments: counted.segmentsCount,
		statusCallback: params.get("StatusCallback") ?? undefined,
		validityPeriod: validity === null ? undefined : Number(validity),
	};
}

function answer(response: ServerResponse, status: number, body: object): void {
	response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

export function answerError(response: ServerResponse, error: TwilioError): void {
	answer(response, error.status, {
		code: error.code,
		message: error.message,
		more_info: `https://www.twilio.com/docs/errors/${error.code}`,
		status: error.status,
	});
}

/** 201 of POST Messages.json. `queued` is not delivered: the truth comes by the status callback. */
export function answerQueued(response: ServerResponse, accountSid: string, sms: SentSms): void {
	const uri = `/${apiVersion}/Accounts/${accountSid}/Messages/${sms.sid}`;
	answer(response, 201, {
		account_sid: accountSid,
		api_version: apiVersion,
		body: sms.body,
		date_created: "Fri, 20 Nov 2026 12:00:00 +0000",
		date_sent: null,
		date_updated: "Fri, 20 Nov 2026 12:00:00 +0000",
		direction: "outbound-api",
		error_code: null,
		error_message: null,
		from: sms.from,
		messaging_service_sid: null,
		num_media: "0",
		num_segments: String(sms.segments),
		price: null,
		price_unit: "USD",
		sid: sms.sid,
		status: "queued",
		subresource_uris: { media: `${uri}/Media.json` },
		to: sms.to,
		uri: `${uri}.json`,
	});
}

export function misbehave(how: Exclude<Misbehaviour, { kind: "lost_answer" }>, response: ServerResponse): void {
	if (how.kind === "hang") return;
	if (how.kind === "reset") {
		response.destroy();
		return;
	}
	if (how.kind === "drip") {
		response.writeHead(201, { "content-type": "application/json" });
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
	answerError(response, { status: how.status, code: how.code ?? 20500, message });
}

/** Posts a webhook as the vendor does: form body, signature over all parameters, one of them unknown. */
export async function postWebhook(
	url: string,
	authToken: string,
	params: Record<string, string>,
): Promise<WebhookAnswer> {
	const all = { ...params, [`Added${hex(3)}`]: "Twilio adds parameters without notice" };
	const response = await fetch(url, {
		method: "POST",
		headers: {
			"content-type": "application/x-www-form-urlencoded; charset=utf-8",
			"x-twilio-signature": signTwilio(authToken, url, all),
			"user-agent": "TwilioProxy/1.1",
			"i-twilio-idempotency-token": hex(16),
		},
		body: new URLSearchParams(all),
	});
	return {
		sid: params["MessageSid"] ?? "",
		status: response.status,
		contentType: response.headers.get("content-type") ?? "",
		text: await response.text(),
	};
}

/** What a server's environment says of an emulated account. */
export function twilioVariables(account: Record<"accountSid" | "authToken" | "number" | "baseUrl", string>) {
	return {
		TWILIO_ACCOUNT_SID: account.accountSid,
		TWILIO_AUTH_TOKEN: account.authToken,
		TWILIO_PHONE_NUMBER: account.number,
		TWILIO_BASE_URL: account.baseUrl,
	};
}
