import { SegmentedMessage } from "sms-segments-calculator";
import twilio from "twilio";
import type { Channel, ChannelDefinition, DeliveryResult } from "./channel.ts";
import { checkPhoneNumber } from "./phone-number.ts";
import { type Attempt, TwilioHttp } from "./twilio-http.ts";
import { refusalOf } from "./twilio-refusal.ts";

/** What is true of SMS whoever carries it. */
export const smsDefinition: ChannelDefinition = {
	name: "sms",
	title: "SMS",
	metered: true,
	style: {
		charset: "gsm7",
		maxLength: 1600,
		preferredLength: 160,
		optOutHint: "Reply STOP to disable",
	},
	addressExample: "+15551234567",
	checkAddress: checkPhoneNumber,
};

export interface SmsOptions {
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

export function smsChannel({ accountSid, authToken, phoneNumber, baseUrl, publicUrl }: SmsOptions): Channel {
	const http = new TwilioHttp(baseUrl);
	const client = twilio(accountSid, authToken, { httpClient: http });
	return {
		...smsDefinition,
		simulated: false,
		receipts: true,
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
