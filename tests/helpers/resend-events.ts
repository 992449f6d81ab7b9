import { bareAddress } from "./resend-rules.ts";
import type { SentMail } from "./resend-wire.ts";

export type OutboundEvent = "delivered" | "bounced" | "complained" | "suppressed";

export interface Bounce {
	type?: "Undetermined" | "Transient" | "Permanent";
	subType?: string;
	message?: string;
	diagnosticCode?: string[];
}

/** The recipients of resend.com/docs/dashboard/emails/send-test-emails; every other one is delivered. */
export function eventsFor(recipient: string): OutboundEvent[] {
	const magic = /^([a-z]+)(?:\+[^@]*)?@resend\.dev$/.exec(bareAddress(recipient) ?? "")?.[1];
	if (magic === "bounced") return ["bounced"];
	if (magic === "complained") return ["delivered", "complained"];
	return magic === "suppressed" ? ["suppressed"] : ["delivered"];
}

function bounce(given: Bounce) {
	return {
		diagnosticCode: given.diagnosticCode ?? [
			"smtp; 550 5.1.1 The email account that you tried to reach does not exist",
		],
		message: given.message ?? "The recipient's email provider sent a hard bounce message.",
		subType: given.subType ?? "General",
		type: given.type ?? "Permanent",
	};
}

const suppressed = {
	diagnosticCode: [],
	message: "Resend has suppressed sending to this address because it is on the account-level suppression list.",
	reason: "previous_bounce",
	type: "OnAccountSuppressionList",
};

/** The webhook's body. Tags come as an object and headers as a list, unlike in the request. */
export function outboundEvent(mail: SentMail, event: OutboundEvent, given: Bounce = {}): string {
	const headers = Object.entries(mail.headers).map(([name, value]) => ({ name, value }));
	const data = {
		...(headers.length > 0 ? { headers } : {}),
		...(mail.tags.length > 0 ? { tags: Object.fromEntries(mail.tags.map(({ name, value }) => [name, value])) } : {}),
		...(event === "bounced" ? { bounce: bounce(given) } : {}),
		...(event === "suppressed" ? { suppressed } : {}),
		created_at: mail.createdAt,
		email_id: mail.id,
		from: mail.from,
		message_id: mail.messageId,
		subject: mail.subject,
		to: mail.to,
	};
	return JSON.stringify({ type: `email.${event}`, created_at: new Date().toISOString(), data });
}
