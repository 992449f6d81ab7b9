import { SegmentedMessage } from "sms-segments-calculator";
import twilio from "twilio";
import { z } from "zod";
import { e164 } from "../../src/contract/channels.ts";
import type { Received } from "../inbound/inbound.ts";
import { emptyTwiml, parseTwilioMessage } from "../inbound/twilio-message.ts";
import { verifyTwilio } from "../inbound/twilio-signature.ts";
import { parseTwilioStatus } from "../inbound/twilio-status.ts";
import type { Channel, ChannelDefinition, DeliveryResult, Webhook, WebhookRequest } from "./channel.ts";
import { checkPhoneNumber } from "./phone-number.ts";
import { baseUrl, defineProvider } from "./provider.ts";
import type { ChannelEntry } from "./registry.ts";
import { type Attempt, TwilioHttp } from "./twilio-http.ts";
import { refusalOf } from "./twilio-refusal.ts";

/** What is true of SMS whoever carries it. */
const definition: ChannelDefinition = {
	name: "sms",
	title: "SMS",
	metered: true,
	style: {
		charset: "gsm7",
		maxLength: 1600,
		preferredLength: 160,
		optOutHint: "Reply STOP to disable",
		replyHint: (handle) => `Reply ${handle} + text`,
	},
	consentHint: "By SMS, message and data rates may apply; reply STOP to opt out, HELP for help.",
	resumeHint: "text START to switch it on again",
	addressExample: "+15551234567",
	claims: (contact) => /^(\+|00)[\d\s().-]+$/.test(contact),
	checkAddress: checkPhoneNumber,
};

interface TwilioOptions {
	accountSid: string;
	authToken: string;
	/** The sender, E.164. */
	phoneNumber: string;
	/** Instead of Twilio itself: an emulator or a proxy. */
	baseUrl: URL | undefined;
	/** Where the world reaches this server; Twilio reports there what became of a message. */
	publicUrl(): URL;
}

/** Seconds that the carrier may keep trying: a notification that is later than this is noise. */
const validitySeconds = 600;

function twilioChannel({ accountSid, authToken, phoneNumber, baseUrl, publicUrl }: TwilioOptions): Channel {
	const http = new TwilioHttp(baseUrl);
	const client = twilio(accountSid, authToken, { httpClient: http });
	return {
		...definition,
		simulated: false,
		// Without an address that Twilio can reach no receipt is asked for, and none may be waited for.
		get receipts() {
			return callbackUrl(publicUrl(), baseUrl, "") !== undefined;
		},
		webhooks: twilioWebhooks(authToken),
		async deliver(address, message, { signal, idempotencyKey }) {
			const attempt: Attempt = { signal, retryAfter: undefined };
			const statusCallback = callbackUrl(publicUrl(), baseUrl, idempotencyKey);
			try {
				const sent = await http.during(attempt, () =>
					client.messages.create({
						to: address,
						from: phoneNumber,
						body: message.text,
						validityPeriod: validitySeconds,
						...(statusCallback === undefined ? {} : { statusCallback }),
					}),
				);
				return accepted(sent.sid, message.text);
			} catch (error) {
				return refusalOf(error, attempt);
			}
		},
	};
}

/** A 2xx that holds no sid came from something in between, not from Twilio. */
function accepted(sid: unknown, text: string): DeliveryResult {
	if (typeof sid !== "string" || sid === "") {
		return { ok: false, retryable: true, reason: "The SMS provider's answer could not be read." };
	}
	return { ok: true, providerId: sid, segments: new SegmentedMessage(text).segmentsCount };
}

/**
 * Carries the delivery's own id, because the first report can be here before Twilio's answer is.
 * Twilio refuses a callback that it cannot reach (21609), so a server on loopback asks none of the real one.
 */
function callbackUrl(publicUrl: URL, baseUrl: URL | undefined, deliveryId: string): string | undefined {
	const reachable = publicUrl.protocol === "https:" || baseUrl?.protocol === "http:";
	if (!reachable) return undefined;
	const url = new URL("/webhooks/twilio/status", publicUrl);
	url.searchParams.set("delivery", deliveryId);
	return url.href;
}

function twilioWebhooks(authToken: string): Webhook[] {
	const signed = ({ url, header, body }: WebhookRequest) =>
		verifyTwilio(authToken, { url, signature: header("x-twilio-signature"), body });
	return [
		{
			path: "/webhooks/twilio/message",
			summary: "Twilio brings an SMS",
			contentType: "application/x-www-form-urlencoded",
			answer: { contentType: "text/xml; charset=utf-8", body: emptyTwiml },
			async receive(request) {
				const params = signed(request);
				if (params === undefined) return "forged";
				const message = parseTwilioMessage(params);
				return message === undefined ? [] : [{ kind: "message", message }];
			},
		},
		{
			path: "/webhooks/twilio/status",
			summary: "Twilio says what became of an SMS of ours",
			contentType: "application/x-www-form-urlencoded",
			async receive(request): Promise<readonly Received[] | "forged"> {
				const params = signed(request);
				if (params === undefined) return "forged";
				const receipt = parseTwilioStatus(params, request.url.searchParams.get("delivery"));
				return receipt === undefined ? [] : [{ kind: "receipt", receipt }];
			},
		},
	];
}

const credentials = "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN";
/** Fetching a message that nobody has costs nothing: 404 comes only after the credentials were taken. */
const nobodysMessage = `SM${"0".repeat(32)}`;

async function checkTwilio(
	{ accountSid, authToken, baseUrl }: Pick<TwilioOptions, "accountSid" | "authToken" | "baseUrl">,
	signal: AbortSignal,
): Promise<string | undefined> {
	const http = new TwilioHttp(baseUrl);
	const attempt: Attempt = { signal, retryAfter: undefined };
	try {
		const { messages } = twilio(accountSid, authToken, { httpClient: http });
		await http.during(attempt, () => messages(nobodysMessage).fetch());
		return undefined;
	} catch (error) {
		const refusal = refusalOf(error, attempt);
		if (refusal.ok) return undefined;
		if (refusal.retryable) return "Twilio could not be reached";
		return /^(20003|401)$/.test(refusal.code ?? "") ? `${credentials}: Twilio does not accept them` : undefined;
	}
}

const twilioProvider = defineProvider({
	title: "Twilio",
	env: {
		TWILIO_ACCOUNT_SID: z
			.string()
			.regex(/^AC[0-9a-fA-F]{32}$/, { error: "must be AC and 32 hex digits" })
			.describe("Account SID of the Twilio console's front page"),
		TWILIO_AUTH_TOKEN: z
			.string()
			.min(16, { error: "is too short to be an auth token" })
			.describe("Auth token, beside the account SID"),
		TWILIO_PHONE_NUMBER: z
			.string()
			.regex(e164, { error: "must be a number like +15551234567" })
			.describe("The number of yours that sends, with country code"),
		TWILIO_BASE_URL: baseUrl("twilio.com"),
	},
	connect: (values, { publicUrl }) =>
		twilioChannel({
			accountSid: values.TWILIO_ACCOUNT_SID,
			authToken: values.TWILIO_AUTH_TOKEN,
			phoneNumber: values.TWILIO_PHONE_NUMBER,
			baseUrl: values.TWILIO_BASE_URL,
			publicUrl,
		}),
	check: (values, signal) =>
		checkTwilio(
			{
				accountSid: values.TWILIO_ACCOUNT_SID,
				authToken: values.TWILIO_AUTH_TOKEN,
				baseUrl: values.TWILIO_BASE_URL,
			},
			signal,
		),
});

export const sms: ChannelEntry = { definition, providers: [twilioProvider] };
