import { type TestPhone, waitForText } from "./phone.ts";
import type { ResendEmulator, SentMail } from "./resend-emulator.ts";

const escaped = (text: string) =>
	text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`).replaceAll("\n", "<br>");

/** Gmail on a person's phone. */
export class MailPhone implements TestPhone {
	readonly setup: string;
	readonly resend: ResendEmulator;
	readonly #address: string;

	constructor(resend: ResendEmulator, address: string) {
		this.resend = resend;
		this.#address = address;
		this.setup = `email ${address}`;
	}

	mails(): SentMail[] {
		return this.resend.sent.filter(({ to }) => to.includes(this.#address));
	}

	texts(): string[] {
		return this.mails().map(({ text = "" }) => text);
	}

	waitFor(pattern: RegExp, timeoutMs?: number): Promise<string> {
		return waitForText(() => this.texts(), pattern, timeoutMs);
	}

	/** Answers the newest mail that can be answered. */
	async reply(text: string): Promise<void> {
		const mail = this.mails().findLast(({ replyTo }) => replyTo.length > 0);
		if (mail === undefined) throw new Error("no mail can be answered");
		await this.answer(mail, text);
	}

	/** As Gmail's app writes an answer: text and HTML, the quote below. */
	async answer(mail: SentMail, text: string): Promise<void> {
		const quoted = (mail.text ?? "").replace(/^/gm, "> ");
		const head = `On Fri, Nov 20, 2026 at 12:00 PM ${mail.from.replace(/[<>]/g, (mark) => `${mark}`)} wrote:`;
		const quote = `<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid">${escaped(mail.text ?? "")}</blockquote>`;
		const delivery = await this.resend.mail({
			from: `Ann Example <${this.#address}>`,
			to: mail.replyTo[0] ?? mail.from,
			subject: `Re: ${mail.subject}`,
			text: `${text}\n\n${head}\n\n${quoted}\n`,
			html: `<div dir="auto">${escaped(text)}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">${escaped(head)}<br></div>${quote}</div>`,
			headers: { "In-Reply-To": mail.messageId, References: mail.messageId },
		});
		if (delivery.status >= 300) throw new Error(`the webhook answered ${delivery.status}: ${delivery.text}`);
	}
}
