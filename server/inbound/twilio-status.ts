import { z } from "zod";
import type { StatusReceipt } from "./inbound.ts";

/** Twilio's status callback. Loose on purpose: Twilio adds parameters between one day and the next. */
const callback = z.looseObject({
	MessageSid: z.string().regex(/^(SM|MM)[0-9a-f]{32}$/i),
	MessageStatus: z.string().regex(/^[a-z_-]{1,40}$/i),
	ErrorCode: z.coerce.number().int().min(1).max(999_999).optional().catch(undefined),
});

/** What the statuses mean for us; the others (accepted, queued, sending …) say nothing that we do not know. */
const states: ReadonlyMap<string, StatusReceipt["state"]> = new Map([
	["sent", "sent"],
	["delivered", "delivered"],
	["read", "delivered"],
	["undelivered", "failed"],
	["failed", "failed"],
	["canceled", "failed"],
]);

const reasons: Readonly<Record<number, string>> = {
	21610: "The phone has opted out with STOP. Text START to turn messages on again.",
	30003: "The phone is switched off or cannot be reached.",
	30004: "The phone or its carrier blocks messages from this server.",
	30005: "The phone number does not exist any more.",
	30006: "The phone number is a landline's or its carrier takes no SMS.",
	30007: "The carrier took the message for spam.",
	30008: "The carrier did not say why.",
	30034: "The carrier takes no messages from this server's number: it is not registered.",
	30036: "The phone could not be reached in time.",
};

/** Undefined for a status that changes nothing and for what is no status callback. `delivery` is the id that our callback URL carries. */
export function parseTwilioStatus(params: URLSearchParams, delivery?: string | null): StatusReceipt | undefined {
	const parsed = callback.safeParse(Object.fromEntries(params));
	if (!parsed.success) return undefined;
	const { MessageSid, MessageStatus, ErrorCode } = parsed.data;
	const status = MessageStatus.toLowerCase();
	const state = states.get(status);
	if (state === undefined) return undefined;
	const known = ErrorCode === undefined ? undefined : reasons[ErrorCode];
	return {
		channel: "sms",
		providerId: MessageSid,
		deliveryId: z.uuid().safeParse(delivery).data,
		state,
		receipt: ErrorCode === undefined ? status : `${status} ${ErrorCode}`,
		reason: state === "failed" ? (known ?? `The SMS was not delivered (${ErrorCode ?? status}).`) : undefined,
		optedOut: ErrorCode === 21610,
	};
}
