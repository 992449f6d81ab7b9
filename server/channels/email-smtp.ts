import nodemailer from "nodemailer";
import type { Channel } from "./channel.ts";
import { definition, oneWayStyle, senderVariable } from "./email-definition.ts";
import { mailOf } from "./email-mail.ts";
import { smtpRefusalOf } from "./email-smtp-refusal.ts";
import { defineProvider, isLoopbackAddress, urlVariable } from "./provider.ts";

/** DESIGN 5.7: five seconds to connect; the rest is cut by the caller's signal. */
const timeouts = { connectionTimeout: 5000, greetingTimeout: 5000, socketTimeout: 15_000, dnsTimeout: 5000 };

function smtpChannel({ url, from, publicUrl }: { url: URL; from: string; publicUrl(): URL }): Channel {
	const transport = smtpTransport(url);
	return {
		...definition,
		style: oneWayStyle,
		simulated: false,
		receipts: false,
		async deliver(to, message, { signal, idempotencyKey }) {
			const mail = mailOf(message, idempotencyKey, { from, inboundDomain: undefined, publicUrl: publicUrl() });
			const { subject, text, html, headers, messageId } = mail;
			try {
				await transport.sendMail({ from, to, subject, text, html, headers, messageId, signal, ...noFiles });
				return { ok: true, providerId: messageId };
			} catch (error) {
				return smtpRefusalOf(error);
			}
		},
	};
}

/** Nothing in a mail may make the library read a file or a page. */
const noFiles = { disableFileAccess: true, disableUrlAccess: true };

/** Off this machine nothing is said without TLS, and a certificate that does not fit ends it. */
function smtpTransport(url: URL) {
	const secure = url.protocol === "smtps:";
	const host = url.hostname.replace(/^\[|\]$/g, "");
	const [user, pass] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
	return nodemailer.createTransport({
		host,
		port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
		secure,
		requireTLS: !secure && url.hostname !== "localhost" && !isLoopbackAddress(url.hostname),
		tls: { minVersion: "TLSv1.2", rejectUnauthorized: true },
		...(user === "" ? {} : { auth: { user, pass } }),
		...timeouts,
		...noFiles,
	});
}

const smtpUrl = urlVariable
	.refine(({ protocol, hostname }) => /^smtps?:$/.test(protocol) && hostname !== "", {
		error: "must be smtp://user:password@host:587 or smtps://user:password@host:465",
		abort: true,
	})
	.refine(({ pathname, search, hash }) => /^\/?$/.test(pathname) && search === "" && hash === "", {
		error: "must end after the host and its port",
	})
	.refine(({ username, password }) => isDecodable(username) && isDecodable(password), {
		error: "has a % in its credentials that is not written as %25",
	});

function isDecodable(text: string): boolean {
	try {
		decodeURIComponent(text);
		return true;
	} catch {
		return false;
	}
}

export const smtpProvider = defineProvider({
	title: "SMTP",
	env: {
		SMTP_URL: smtpUrl.describe("The mail server with its credentials: smtps://user:password@mail.example.com"),
		SMTP_FROM: senderVariable.describe("The sender, one that this server may use: Claude <notify@example.com>"),
	},
	connect: ({ SMTP_URL, SMTP_FROM }, { publicUrl }) => smtpChannel({ url: SMTP_URL, from: SMTP_FROM, publicUrl }),
	async check({ SMTP_URL }) {
		try {
			await smtpTransport(SMTP_URL).verify();
			return undefined;
		} catch (error) {
			const refusal = smtpRefusalOf(error);
			return refusal.ok ? undefined : refusal.reason;
		}
	},
});
