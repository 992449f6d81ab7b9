import { z } from "zod";
import { normalAddress } from "../inbound/email-address.ts";
import type { Channel, DeliveryResult } from "./channel.ts";
import { definition, oneWayStyle, senderVariable } from "./email-definition.ts";
import { type Mail, mailOf } from "./email-mail.ts";
import { ResendHttp } from "./email-resend-http.ts";
import { refusalOf } from "./email-resend-refusal.ts";
import { resendWebhook } from "./email-resend-webhook.ts";
import { baseUrl, defineProvider, type Provider } from "./provider.ts";

interface ResendOptions {
	apiKey: string;
	from: string;
	webhookSecret: string | undefined;
	inboundDomain: string | undefined;
	/** Instead of Resend itself: an emulator or a proxy. */
	baseUrl: URL | undefined;
	publicUrl(): URL;
}

/** The address is always given: without it the SDK would read the environment by itself. */
function client({ apiKey, baseUrl }: Pick<ResendOptions, "apiKey" | "baseUrl">): ResendHttp {
	return new ResendHttp(apiKey, { baseUrl: (baseUrl ?? new URL("https://api.resend.com")).origin });
}

function resendChannel(options: ResendOptions): Channel {
	const { from, webhookSecret, inboundDomain, publicUrl } = options;
	const resend = client(options);
	return {
		...definition,
		style: inboundDomain === undefined ? oneWayStyle : definition.style,
		simulated: false,
		receipts: webhookSecret !== undefined,
		rate: { perSecond: 5 },
		...(webhookSecret === undefined
			? {}
			: { webhooks: [resendWebhook({ resend, secret: webhookSecret, inboundDomain, from })] }),
		async deliver(address, message, { signal, idempotencyKey }) {
			const mail = mailOf(message, idempotencyKey, { from, inboundDomain, publicUrl: publicUrl() });
			const request = { signal, idempotencyKey };
			const { data, error, headers } = await resend.emails.send(payload(mail, address, from, idempotencyKey), request);
			if (error !== null) return refusalOf({ statusCode: error.statusCode, code: error.message, headers });
			return accepted(data.id);
		},
	};
}

/** The tag comes back with each event: the first can be here before the answer to this request is stored. */
function payload({ subject, text, html, headers, messageId, replyTo }: Mail, to: string, from: string, id: string) {
	return {
		from,
		to,
		subject,
		text,
		html,
		headers: { "Message-ID": messageId, ...headers },
		...(replyTo === undefined ? {} : { replyTo }),
		tags: [{ name: "delivery", value: id }],
	};
}

/** A 2xx that holds no id came from something in between, not from Resend. */
function accepted(id: unknown): DeliveryResult {
	if (typeof id !== "string" || id === "") {
		return { ok: false, retryable: true, reason: "Resend's answer could not be read." };
	}
	return { ok: true, providerId: id };
}

/** A mail that nobody received: 404 comes only after the key was taken, and nothing is counted. */
const nobodysMail = "00000000-0000-4000-8000-000000000000";

async function checkResend(
	options: Pick<ResendOptions, "apiKey" | "baseUrl" | "inboundDomain">,
	signal: AbortSignal,
): Promise<string | undefined> {
	const { error } = await client(options).emails.receiving.get(nobodysMail, { html_format: "cid" }, { signal });
	if (error === null) return undefined;
	const { statusCode: status, message: code } = error;
	if (code === "restricted_api_key") {
		const reads = options.inboundDomain !== undefined;
		return reads ? "RESEND_API_KEY: may only send, and RESEND_INBOUND_DOMAIN needs one with full access" : undefined;
	}
	if (status === 401 || status === 403) return "RESEND_API_KEY: Resend does not accept it";
	return status === null || status >= 500 ? "Resend could not be reached" : undefined;
}

const provider = defineProvider({
	title: "Resend",
	env: {
		RESEND_API_KEY: z
			.string()
			.regex(/^re_[A-Za-z0-9_-]{8,}$/, { error: "must be a key that begins with re_" })
			.describe("API key of the Resend dashboard; to receive answers it needs full access"),
		RESEND_FROM: senderVariable.describe(
			"The sender, at a domain that Resend has verified: Claude <notify@example.com>",
		),
		RESEND_WEBHOOK_SECRET: z
			.string()
			.regex(/^whsec_[A-Za-z0-9+/=]{16,}$/, { error: "must be a secret that begins with whsec_" })
			.describe(
				"Signing secret of a Resend webhook for PUBLIC_URL/webhooks/resend with the events delivered, bounced, complained, suppressed, failed and received",
			)
			.optional(),
		RESEND_INBOUND_DOMAIN: z
			.string()
			.toLowerCase()
			.refine((value) => normalAddress(`r@${value}`) === `r@${value}`, {
				error: "must be a domain like in.example.com",
			})
			.describe("A domain whose MX is Resend's, for answers; needs RESEND_WEBHOOK_SECRET too")
			.optional(),
		RESEND_BASE_URL: baseUrl("resend.com"),
	},
	connect: (values, { publicUrl }) =>
		resendChannel({
			apiKey: values.RESEND_API_KEY,
			from: values.RESEND_FROM,
			webhookSecret: values.RESEND_WEBHOOK_SECRET,
			inboundDomain: values.RESEND_INBOUND_DOMAIN,
			baseUrl: values.RESEND_BASE_URL,
			publicUrl,
		}),
	check: ({ RESEND_API_KEY: apiKey, RESEND_BASE_URL: baseUrl, RESEND_INBOUND_DOMAIN: inboundDomain }, signal) =>
		checkResend({ apiKey, baseUrl, inboundDomain }, signal),
});

const deafProblem =
	"RESEND_WEBHOOK_SECRET: is missing, and RESEND_INBOUND_DOMAIN needs it: answers are only believed when signed";

/** With an inbound domain alone every mail would ask for answers that nobody gets. */
export const resendProvider: Provider = {
	...provider,
	configure(given) {
		const deaf = given["RESEND_INBOUND_DOMAIN"] !== undefined && given["RESEND_WEBHOOK_SECRET"] === undefined;
		if (!deaf) return provider.configure(given);
		return { ...provider.configure({}), problems: [...provider.configure(given).problems, deafProblem] };
	},
};
