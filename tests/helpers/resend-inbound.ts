import { randomUUID } from "node:crypto";
import PostalMime, { type Address, type Email } from "postal-mime";
import { domainOf } from "./resend-rules.ts";
import { hex } from "./resend-wire.ts";

/** What the receiving MX found: `forged` = it failed, and the sender wrote a passing header of their own into the mail. */
export type Authentication = "pass" | "fail" | "none" | "absent" | "forged" | { header: string };

/** A mail as a test writes it down. */
export interface MailParts {
	from: string;
	to: string;
	subject: string;
	text?: string;
	html?: string;
	headers?: Record<string, string>;
}

export interface Arrival {
	authentication?: Authentication;
	/** SMTP's MAIL FROM; "" for a bounce. The mail's Return-Path or From address when absent. */
	envelopeFrom?: string;
	/** SMTP's RCPT TO. The addresses of To when absent. */
	receivedFor?: string[];
	/** How the API shows a header that came more than once: both were seen of it, and the SDK promises strings. */
	repeatedHeaders?: "json" | "list";
}

export interface ReceivedMail {
	id: string;
	raw: string;
	receivedFor: string[];
	/** The body of the email.received webhook: no text, no headers. */
	event: string;
	/** The answer of GET /emails/receiving/{id}. */
	content: Record<string, unknown>;
}

const word = (text: string) => `=?utf-8?B?${Buffer.from(text).toString("base64")}?=`;
const encoded = (text: string) => (/^[\x20-\x7e]*$/.test(text) ? text : word(text));
const encodedAddress = (text: string) => text.replace(/^[^<]*[^\x20-\x7e][^<]*/, (name) => `${word(name.trim())} `);

function part(type: string, text: string): string {
	const base64 = Buffer.from(text).toString("base64").replace(/.{76}/g, "$&\r\n");
	return `Content-Type: text/${type}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64}\r\n`;
}

/** The mail as it goes over the wire. */
export function rawMail({ from, to, subject, text, html, headers = {} }: MailParts): string {
	const own = { "Message-ID": `<${hex(12)}@mail.gmail.com>`, Date: new Date().toUTCString(), ...headers };
	const head = [
		`From: ${encodedAddress(from)}`,
		`To: ${to}`,
		`Subject: ${encoded(subject)}`,
		...Object.entries(own).map(([name, value]) => `${name}: ${encoded(value)}`),
		"MIME-Version: 1.0",
	].join("\r\n");
	if (html === undefined) return `${head}\r\n${part("plain", text ?? "")}`;
	if (text === undefined) return `${head}\r\n${part("html", html)}`;
	const mark = `mark-${hex(8)}`;
	const parts = [part("plain", text), part("html", html)].map((one) => `--${mark}\r\n${one}`).join("");
	return `${head}\r\nContent-Type: multipart/alternative; boundary="${mark}"\r\n\r\n${parts}--${mark}--\r\n`;
}

/** Authentication-Results as Amazon SES writes it, which receives for Resend: one line, with a semicolon at its end. */
function sesResults(verdict: "pass" | "fail" | "none", envelopeFrom: string, fromDomain: string): string {
	const ip = "209.85.128.52";
	const spf = {
		pass: `spf=pass (spfCheck: domain of ${fromDomain} designates ${ip} as permitted sender)`,
		fail: `spf=fail (spfCheck: domain of ${fromDomain} does not designate ${ip} as permitted sender)`,
		none: "spf=none",
	}[verdict];
	const dkim = verdict === "pass" ? `dkim=pass header.i=@${fromDomain}` : "dkim=none";
	const envelope = `client-ip=${ip}; envelope-from=${envelopeFrom}; helo=mail-wm1-f52.${fromDomain}`;
	return `amazonses.com; ${spf} ${envelope}; ${dkim}; dmarc=${verdict} header.from=${fromDomain};`;
}

function stamps(raw: string, from: string, arrival: Arrival, receivedFor: string[]): string {
	const { authentication = "pass", envelopeFrom = from } = arrival;
	const result =
		typeof authentication === "object"
			? authentication.header
			: authentication === "absent"
				? undefined
				: sesResults(authentication === "forged" ? "fail" : authentication, envelopeFrom, domainOf(from));
	const mx = [
		`Return-Path: <${envelopeFrom}>`,
		`Received: from mail-wm1-f52.${domainOf(from)} ([209.85.128.52]) by inbound-smtp.us-east-1.amazonaws.com with SMTP id ${hex(20)} for ${receivedFor.join(", ")}; ${new Date().toUTCString()}`,
		"X-SES-Spam-Verdict: PASS",
		"X-SES-Virus-Verdict: PASS",
		...(result === undefined ? [] : [`Authentication-Results: ${result}`]),
	];
	const forged = `Authentication-Results: ${sesResults("pass", from, domainOf(from))}`;
	return [...mx, ...(authentication === "forged" ? [forged] : []), raw].join("\r\n");
}

/** Lower-case names; a name that came more than once has all its values, the receiver's own first. */
function headerObject(mail: Email, repeated: "json" | "list"): Record<string, unknown> {
	const all = new Map<string, string[]>();
	for (const { key, value } of mail.headers) all.set(key, [...(all.get(key) ?? []), value]);
	const shown = [...all].map(([name, values]): [string, unknown] => {
		if (values.length === 1) return [name, values[0]];
		return [name, repeated === "list" ? values : JSON.stringify(values)];
	});
	return Object.fromEntries(shown);
}

const bare = (addresses: Address[] = []): string[] =>
	addresses.flatMap((one) => (one.group === undefined ? [one.address] : one.group.map((member) => member.address)));

const shown = (one: Address | undefined): string => {
	if (one?.address === undefined) return "";
	return one.name === "" ? one.address : `${one.name} <${one.address}>`;
};

/** What Resend makes of a mail that its MX took. */
export async function receiveMail(given: string, arrival: Arrival): Promise<ReceivedMail> {
	const { from, to, headers } = await PostalMime.parse(given);
	const returnPath = headers.find(({ key }) => key === "return-path")?.value;
	const sender = from?.address?.toLowerCase() ?? "";
	const receivedFor = arrival.receivedFor ?? bare(to);
	const envelopeFrom = arrival.envelopeFrom ?? returnPath?.replace(/[<>]/g, "") ?? sender;
	// The receiving server writes its own.
	const raw = given.replace(/^Return-Path:.*\r\n/im, "");
	const stamped = stamps(raw, sender, { ...arrival, envelopeFrom }, receivedFor);
	const mail = await PostalMime.parse(stamped);
	const id = randomUUID();
	const createdAt = new Date().toISOString();
	const attachments = mail.attachments.map((one) => ({
		id: randomUUID(),
		filename: one.filename,
		content_type: one.mimeType,
		content_disposition: one.disposition,
		content_id: one.contentId ?? null,
	}));
	const metadata = {
		created_at: createdAt,
		from: shown(mail.from),
		to: bare(mail.to),
		bcc: [],
		cc: bare(mail.cc),
		received_for: receivedFor,
		message_id: mail.messageId ?? "",
		subject: mail.subject ?? "",
	};
	return {
		id,
		raw: stamped,
		receivedFor,
		event: JSON.stringify({
			type: "email.received",
			created_at: createdAt,
			data: { email_id: id, ...metadata, attachments },
		}),
		content: {
			object: "email",
			id,
			...metadata,
			reply_to: bare(mail.replyTo),
			html: mail.html ?? null,
			text: mail.text ?? null,
			headers: headerObject(mail, arrival.repeatedHeaders ?? "json"),
			attachments: attachments.map((one, at) => ({ ...one, size: sizeOf(mail.attachments[at]?.content) })),
		},
	};
}

function sizeOf(content: ArrayBuffer | Uint8Array | string | undefined): number {
	return content === undefined ? 0 : typeof content === "string" ? content.length : content.byteLength;
}
