import { AppError } from "../errors.ts";
import { soleMailbox } from "../inbound/email-address.ts";
import { type Arrival, parseResendEvent } from "../inbound/email-event.ts";
import { parseReply, replyTokenIn } from "../inbound/email-reply.ts";
import type { Received } from "../inbound/inbound.ts";
import type { Webhook, WebhookRequest } from "./channel.ts";
import { type ResendHttp, tooLong } from "./email-resend-http.ts";

interface WebhookOptions {
	resend: ResendHttp;
	/** whsec_… */
	secret: string;
	inboundDomain: string | undefined;
	from: string;
}

/** Receipts of our mails, and the mails that answer them. */
export function resendWebhook(options: WebhookOptions): Webhook {
	return {
		path: "/webhooks/resend",
		summary: "Resend says what became of a mail of ours, or brings one",
		contentType: "application/json",
		async receive(request): Promise<readonly Received[] | "forged"> {
			const verified = verify(request, options);
			if (verified === undefined) return "forged";
			const event = parseResendEvent(verified.body);
			if (event === undefined) return [];
			if (event.kind === "receipt") return [event];
			return fetchReply(event.arrival, options, request.signal);
		},
	};
}

/** Standard Webhooks (Svix), by Resend's own SDK: HMAC over id, time and raw body, five minutes at most, compared in constant time. */
function verify({ header, body }: WebhookRequest, { resend, secret }: WebhookOptions): { body: unknown } | undefined {
	const [id, timestamp, signature] = [header("svix-id"), header("svix-timestamp"), header("svix-signature")];
	if (id === undefined || timestamp === undefined || signature === undefined) return undefined;
	try {
		return {
			body: resend.webhooks.verify({ payload: body, headers: { id, timestamp, signature }, webhookSecret: secret }),
		};
	} catch {
		return undefined;
	}
}

/** The webhook tells only who wrote to whom: text and headers are fetched, and only of what can be an answer. */
async function fetchReply(
	{ emailId, recipients }: Arrival,
	{ resend, inboundDomain, from }: WebhookOptions,
	signal: AbortSignal,
): Promise<Received[]> {
	const token = inboundDomain && replyTokenIn(recipients, inboundDomain);
	if (token === undefined || inboundDomain === undefined) return [];
	const { data, error } = await resend.emails.receiving.get(emailId, { html_format: "cid" }, { signal });
	if (error !== null) {
		// Both stay as they are however often they are asked for.
		if (error.statusCode === 404 || error.message === tooLong) return [];
		const refused = error.statusCode === 401 || error.statusCode === 403;
		const why = refused ? "RESEND_API_KEY may not read received mails." : "The mail could not be fetched just now.";
		throw new AppError("unavailable", why, { retryAfter: 30 });
	}
	const message = parseReply(data, emailId, token, { inboundDomain, ownAddress: soleMailbox(from) ?? "" });
	return message === undefined ? [] : [{ kind: "message", message }];
}
