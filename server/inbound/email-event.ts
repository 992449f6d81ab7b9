import { z } from "zod";
import type { StatusReceipt } from "./inbound.ts";

/* Resend's webhooks, as https://resend.com/docs/webhooks/event-types has them. Loose on purpose: Resend adds fields and events. */

const outbound = z.looseObject({
	email_id: z.string().regex(/^[\w-]{1,64}$/),
	/** An object here, though a list in the request. */
	tags: z.looseObject({ delivery: z.uuid().optional().catch(undefined) }).catch({}),
});
const bounced = outbound.extend({
	bounce: z.looseObject({
		type: z.enum(["Permanent", "Transient", "Undetermined"]).catch("Undetermined"),
		subType: z
			.string()
			.regex(/^[A-Za-z]{1,40}$/)
			.catch("Undetermined"),
	}),
});
const received = z.looseObject({
	email_id: z.uuid(),
	to: z.array(z.string()).catch([]),
	cc: z.array(z.string()).nullish().catch([]),
	/** RCPT TO: in Resend's SDK, not in its specification. */
	received_for: z.array(z.string()).nullish().catch([]),
});
const event = z.discriminatedUnion("type", [
	z.looseObject({ type: z.literal("email.delivered"), data: outbound }),
	z.looseObject({ type: z.literal("email.complained"), data: outbound }),
	z.looseObject({ type: z.literal("email.suppressed"), data: outbound }),
	z.looseObject({ type: z.literal("email.failed"), data: outbound }),
	z.looseObject({ type: z.literal("email.bounced"), data: bounced }),
	z.looseObject({ type: z.literal("email.received"), data: received }),
]);

/** A mail that came in; its text and headers have to be fetched. */
export interface Arrival {
	emailId: string;
	/** Everybody that it was sent to. */
	recipients: string[];
}

/** What Resend tells us; undefined for events that change nothing and for what is none. */
export function parseResendEvent(
	body: unknown,
): { kind: "receipt"; receipt: StatusReceipt } | { kind: "arrival"; arrival: Arrival } | undefined {
	const { data: parsed } = event.safeParse(body);
	if (parsed === undefined) return undefined;
	if (parsed.type === "email.received") {
		const { email_id: emailId, to, cc, received_for } = parsed.data;
		return { kind: "arrival", arrival: { emailId, recipients: [...(received_for ?? []), ...to, ...(cc ?? [])] } };
	}
	const { email_id: providerId, tags } = parsed.data;
	const told = parsed.type === "email.bounced" ? bounce(parsed.data.bounce) : meanings[parsed.type];
	return { kind: "receipt", receipt: { channel: "email", providerId, deliveryId: tags.delivery, ...told } };
}

type Meaning = Pick<StatusReceipt, "state" | "receipt" | "reason" | "optedOut">;

const meanings: Record<"email.delivered" | "email.complained" | "email.suppressed" | "email.failed", Meaning> = {
	"email.delivered": { state: "delivered", receipt: "delivered", reason: undefined, optedOut: false },
	// Whoever says that it is spam has it; sending on would cost the sender its name.
	"email.complained": { state: "delivered", receipt: "complained", reason: undefined, optedOut: true },
	"email.suppressed": {
		state: "failed",
		receipt: "suppressed",
		reason: "Resend sends nothing more to this address: it bounced or complained before.",
		optedOut: true,
	},
	"email.failed": { state: "failed", receipt: "failed", reason: "Resend could not send the mail.", optedOut: false },
};

const bounceReasons: Readonly<Record<string, string>> = {
	MailboxFull: "The mail box is full.",
	MessageTooLarge: "The mail box takes no mail of this size.",
	ContentRejected: "The mail box refused what the mail says.",
};

function bounce({ type, subType }: { type: string; subType: string }): Meaning {
	const permanent = type === "Permanent";
	const unreachable = permanent ? "The mail address does not exist." : "The mail could not be delivered.";
	return {
		state: "failed",
		receipt: `bounced ${type}/${subType}`,
		reason: bounceReasons[subType] ?? unreachable,
		optedOut: permanent,
	};
}
