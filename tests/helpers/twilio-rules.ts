import { createHmac } from "node:crypto";

/** What Twilio's REST API answers when it refuses. */
export interface TwilioError {
	status: number;
	code: number;
	message: string;
	/** Nothing wrong was asked. */
	lawful?: true;
}

export const apiVersion = "2010-04-01";

/** Parameters of POST Messages.json in the vendor's specification (twilio_api_v2010, 2026-04). */
const knownParameters = new Set(
	[
		"To From MessagingServiceSid Body MediaUrl ContentSid StatusCallback ApplicationSid MaxPrice ProvideFeedback",
		"Attempt ValidityPeriod ForceDelivery ContentRetention AddressRetention SmartEncoded PersistentAction TrafficType",
		"ShortenUrls ScheduleType SendAt SendAsMms ContentVariables RiskCheck FallbackFrom",
	].flatMap((line) => line.split(" ")),
);

/** The magic numbers of twilio.com/docs/iam/test-credentials. */
const magicTo: Record<string, [code: number, message: string]> = {
	"+15005550001": [21211, "The 'To' number +15005550001 is not a valid phone number."],
	"+15005550002": [21612, "The 'To' phone number: +15005550002, is not currently reachable via SMS."],
	"+15005550003": [
		21408,
		"Permission to send an SMS has not been enabled for the region indicated by the 'To' number.",
	],
	"+15005550004": [21610, "Attempt to send to unsubscribed recipient"],
	"+15005550009": [21614, "'To' number is not a valid mobile number"],
};
const magicFrom: Record<string, [code: number, message: string]> = {
	"+15005550001": [21212, "The 'From' number +15005550001 is not a valid phone number."],
	"+15005550007": [21606, "The From phone number is not a valid, SMS-capable inbound phone number."],
	"+15005550008": [21611, "This 'From' number has exceeded the maximum number of queued messages."],
};

const stopWords = new Set(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]);
const startWords = new Set(["START", "YES", "UNSTOP"]);
const helpWords = new Set(["HELP", "INFO"]);

/** Wording of Twilio's default keyword handling on long codes. */
export const carrierWords = {
	STOP: "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.",
	START:
		"You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
	HELP: "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
};

/** Only a message that is one keyword and nothing else counts: "STOP PLEASE" does not. */
export function optOutType(body: string): "STOP" | "START" | "HELP" | undefined {
	const word = body.trim().toUpperCase();
	if (stopWords.has(word)) return "STOP";
	if (startWords.has(word)) return "START";
	return helpWords.has(word) ? "HELP" : undefined;
}

/** What is wrong before the message is even looked at: credentials, path, encoding. */
export function protocolError(
	request: { method: string; path: string; contentType: string; authorization: string | undefined },
	account: { accountSid: string; authToken: string },
): TwilioError | undefined {
	const basic = `Basic ${Buffer.from(`${account.accountSid}:${account.authToken}`).toString("base64")}`;
	if (request.authorization !== basic) return { status: 401, code: 20003, message: "Authenticate" };
	const messages = `/${apiVersion}/Accounts/${account.accountSid}/Messages.json`;
	const missing = { status: 404, code: 20404, message: "The requested resource was not found" };
	const message = messages.replace(".json", "/");
	if (request.method === "GET" && request.path.startsWith(message) && /\/SM[0-9a-f]{32}\.json$/.test(request.path)) {
		return { ...missing, lawful: true };
	}
	if (request.method !== "POST" || request.path !== messages) return missing;
	return request.contentType.startsWith("application/x-www-form-urlencoded")
		? undefined
		: { status: 415, code: 20001, message: "Unsupported content type" };
}

/** The names that the specification does not know; a misspelt one would be ignored by the real API without a word. */
export function unknownParameters(params: URLSearchParams): string[] {
	return [...new Set(params.keys())].filter((name) => !knownParameters.has(name));
}

function refuse(code: number, message: string): TwilioError {
	return { status: 400, code, message };
}

function wrongSender(params: URLSearchParams, number: string): TwilioError | undefined {
	const from = params.get("From");
	if (from === null) {
		return /^MG[0-9a-fA-F]{32}$/.test(params.get("MessagingServiceSid") ?? "")
			? undefined
			: refuse(21603, "A 'From' phone number is required.");
	}
	const magic = magicFrom[from];
	if (magic !== undefined) return refuse(...magic);
	return from === number ? undefined : refuse(21606, `The From phone number ${from} is not a Twilio number of yours.`);
}

function wrongRecipient(to: string | null): TwilioError | undefined {
	if (to === null || to === "") return refuse(21604, "A 'To' phone number is required.");
	const magic = magicTo[to];
	if (magic !== undefined) return refuse(...magic);
	return /^\+[1-9]\d{6,14}$/.test(to) ? undefined : refuse(21211, `The 'To' number ${to} is not a valid phone number.`);
}

function wrongBody(params: URLSearchParams): TwilioError | undefined {
	const body = params.get("Body");
	const hasOther = params.has("MediaUrl") || params.has("ContentSid");
	if ((body === null || body === "") && !hasOther) return refuse(21602, "Message body is required.");
	return (body ?? "").length > 1600
		? refuse(21617, "The concatenated message body exceeds the 1600 character limit.")
		: undefined;
}

function wrongOption(params: URLSearchParams): TwilioError | undefined {
	const callback = params.get("StatusCallback");
	if (callback !== null && (!URL.canParse(callback) || !/^https?:\/\/[^_/]+\/./.test(callback))) {
		return refuse(21609, "The 'StatusCallback' URL is not a valid URL.");
	}
	const validity = params.get("ValidityPeriod");
	if (validity !== null && !(/^\d+$/.test(validity) && Number(validity) >= 1 && Number(validity) <= 36_000)) {
		return refuse(21714, "ValidityPeriod must be between 1 and 36000 seconds.");
	}
	return undefined;
}

/** The first thing that the API would refuse about a message, or undefined. `number` is the account's own. */
export function refusal(params: URLSearchParams, number: string): TwilioError | undefined {
	return wrongRecipient(params.get("To")) ?? wrongSender(params, number) ?? wrongBody(params) ?? wrongOption(params);
}

/** X-Twilio-Signature as published: the URL, then each name and value in order of names, HMAC-SHA1 with the auth token. */
export function signTwilio(authToken: string, url: string, params: Record<string, string>): string {
	const text = Object.keys(params)
		.sort()
		.reduce((sum, name) => `${sum}${name}${params[name]}`, url);
	return createHmac("sha1", authToken).update(text, "utf8").digest("base64");
}
