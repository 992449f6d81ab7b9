import { z } from "zod";
import { e164 } from "../../src/contract/channels.ts";
import type { CarrierKeyword, Inbound } from "./inbound.ts";

/** Twilio's inbound SMS webhook. Loose on purpose: Twilio adds parameters between one day and the next. */
const message = z.looseObject({
	MessageSid: z.string().regex(/^(SM|MM)[0-9a-f]{32}$/i),
	From: z.string().regex(e164),
	Body: z.string().default(""),
	/** Only from accounts with Advanced Opt-Out, whose keywords may differ from the standard ones. */
	OptOutType: z.enum(["STOP", "START", "HELP"]).optional().catch(undefined),
});

const keywords = { STOP: "stop", START: "start", HELP: "help" } as const satisfies Record<string, CarrierKeyword>;

/** Undefined for what is no SMS from a phone number: a short code, WhatsApp, a form that another product of theirs sent. */
export function parseTwilioMessage(params: URLSearchParams): Inbound | undefined {
	const parsed = message.safeParse(Object.fromEntries(params));
	if (!parsed.success) return undefined;
	const { MessageSid, From, Body, OptOutType } = parsed.data;
	return {
		provider: "twilio",
		providerEventId: MessageSid,
		channel: "sms",
		sender: From,
		text: Body,
		keyword: OptOutType === undefined ? undefined : keywords[OptOutType],
	};
}

/** Nothing to say: a TwiML `<Message>` would be billed, and our answers go through the outbox. */
export const emptyTwiml = '<?xml version="1.0" encoding="UTF-8"?><Response/>';
