import { domainOf, soleMailbox } from "../inbound/email-address.ts";
import type { Message } from "./channel.ts";
import { mailHtml } from "./email-html.tsx";

export interface MailSender {
	/** `a@b.c` or `Name <a@b.c>` */
	from: string;
	/** Answers go to addresses there; undefined where none come back. */
	inboundDomain: string | undefined;
	publicUrl: URL;
}

/** A message as every mail provider takes it. */
export interface Mail {
	subject: string;
	text: string;
	html: string;
	replyTo: string | undefined;
	/** With its angle brackets. */
	messageId: string;
	/** All of them but Message-ID, which SMTP libraries set by themselves. */
	headers: Record<string, string>;
}

/** `id` is the delivery's own: the same for every attempt, so that a mail that comes twice can be seen to be one. */
export function mailOf(message: Message, id: string, sender: MailSender): Mail {
	const { conversation, text } = message;
	const replyTo = conversation && sender.inboundDomain && `r+${conversation.replyToken}@${sender.inboundDomain}`;
	const unsubscribe = unsubscribeUrl(message, sender.publicUrl);
	const domain = domainOf(soleMailbox(sender.from) ?? "");
	return {
		subject: subjectOf(conversation?.title ?? "claude-notify"),
		text,
		html: mailHtml(message, { replyTo, unsubscribe }),
		replyTo,
		messageId: `<${id}@${domain}>`,
		headers: {
			...(conversation === undefined ? {} : threadHeaders(`<${conversation.id}@${domain}>`)),
			...(unsubscribe === undefined ? {} : unsubscribeHeaders(unsubscribe)),
			// RFC 3834, and what Exchange knows instead: vacation programs do not answer.
			"Auto-Submitted": "auto-generated",
			"X-Auto-Response-Suppress": "All",
		},
	};
}

/** A header must not have a line break in it, and mail programs show one line. */
function subjectOf(title: string): string {
	const line = title.replace(/[\p{Cc}\s]+/gu, " ").trim();
	return line.slice(0, 200).toWellFormed() || "claude-notify";
}

/** All mails of a session answer the same one, which nobody has: that is what puts them into one thread. */
function threadHeaders(anchor: string): Record<string, string> {
	return { "In-Reply-To": anchor, References: anchor };
}

/** RFC 8058: the mail program's own button. It may only lead to https. */
function unsubscribeHeaders(url: string): Record<string, string> {
	return { "List-Unsubscribe": `<${url}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" };
}

function unsubscribeUrl({ unsubscribeToken }: Message, publicUrl: URL): string | undefined {
	if (unsubscribeToken === undefined || publicUrl.protocol !== "https:") return undefined;
	const url = new URL("/unsubscribe", publicUrl);
	url.searchParams.set("token", unsubscribeToken);
	return url.href;
}
