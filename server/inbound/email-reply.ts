import { z } from "zod";
import { domainOf, soleMailbox } from "./email-address.ts";
import { vouchesFor } from "./email-authentication.ts";
import { isAutomatic } from "./email-loop.ts";
import { replyText } from "./email-text.ts";
import type { Inbound } from "./inbound.ts";

/**
 * GET /emails/receiving/{id}. Resend documents `headers` as an object of strings and shows two of them (return-path, mime-version);
 * what it makes of a header that comes twice is not documented: lists were seen, and JSON lists in a string.
 */
const content = z.looseObject({
	from: z.string(),
	text: z.string().nullish(),
	html: z.string().nullish(),
	headers: z.record(z.string(), z.unknown()).nullish(),
});

export interface MailBox {
	/** Answers come to `r+<token>@` here. */
	inboundDomain: string;
	/** Our own sender. */
	ownAddress: string;
}

/** The token of the first recipient that is one of our reply addresses. */
export function replyTokenIn(recipients: readonly string[], inboundDomain: string): string | undefined {
	for (const recipient of recipients) {
		const [, token, domain] = /^r\+([a-z2-7]{16})@(.+)$/.exec(soleMailbox(recipient) ?? "") ?? [];
		if (token !== undefined && domain === inboundDomain) return token;
	}
	return undefined;
}

/** The person's answer in a mail; undefined where no person wrote it, or nobody vouches for who did. */
export function parseReply(mail: unknown, emailId: string, token: string, box: MailBox): Inbound | undefined {
	const { data } = content.safeParse(mail);
	if (data === undefined) return undefined;
	const headers = headersOf(data.headers ?? {});
	const sender = senderOf(data.from, headers);
	if (sender === undefined || sender === box.ownAddress || domainOf(sender) === box.inboundDomain) return undefined;
	if (!vouchesFor(domainOf(sender), headers.get("authentication-results") ?? [])) return undefined;
	if (isAutomatic(Object.fromEntries(headers), sender)) return undefined;
	return {
		provider: "resend",
		// Resend's id of the mail and not of the webhook: two webhooks may tell of the same mail.
		providerEventId: emailId,
		channel: "email",
		sender,
		text: replyText({ text: data.text ?? null, html: data.html ?? null }),
		pointer: { token },
		tokenRequired: true,
	};
}

/** The header as it came decides; `from` is what Resend made of it, and the two must agree. */
function senderOf(from: string, headers: ReadonlyMap<string, string[]>): string | undefined {
	const sender = soleMailbox(from);
	const given = headers.get("from");
	if (given === undefined) return sender;
	const [only = "", ...others] = given;
	return others.length === 0 && soleMailbox(only) === sender ? sender : undefined;
}

function headersOf(given: Record<string, unknown>): ReadonlyMap<string, string[]> {
	return new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), valuesOf(value)]));
}

const list = z.array(z.string());

/** In the order of the mail: what the receiving server added comes first. */
function valuesOf(value: unknown): string[] {
	if (typeof value !== "string") return list.safeParse(value).data ?? [];
	if (!value.startsWith("[")) return [value];
	try {
		return list.safeParse(JSON.parse(value)).data ?? [value];
	} catch {
		return [value];
	}
}
