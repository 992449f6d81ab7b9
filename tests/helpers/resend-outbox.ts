import type { ResendError, SendRequest } from "./resend-rules.ts";
import { type SentMail, sentMail } from "./resend-wire.ts";

const otherBody: ResendError = {
	status: 409,
	name: "invalid_idempotent_request",
	message: "This idempotency key has already been used on a request that had a different payload.",
	violation: true,
};

/** The mails that were taken, each once for its idempotency key, and who waits for one. */
export class ResendOutbox {
	readonly sent: SentMail[] = [];
	readonly #byKey = new Map<string, { body: string; mail: SentMail }>();
	readonly #waiters = new Set<(mail: SentMail) => void>();

	/** The same key and body again is the same mail, and no second one goes out. */
	accept(
		request: SendRequest,
		body: string,
		key: string | undefined,
	): { mail: SentMail; isNew: boolean } | ResendError {
		const before = key === undefined ? undefined : this.#byKey.get(key);
		if (before !== undefined) return before.body === body ? { mail: before.mail, isNew: false } : otherBody;
		const mail = sentMail(request, key);
		if (key !== undefined) this.#byKey.set(key, { body, mail });
		this.sent.push(mail);
		for (const waiter of [...this.#waiters]) waiter(mail);
		return { mail, isNew: true };
	}

	waitFor(fits: (mail: SentMail) => boolean, timeoutMs: number): Promise<SentMail> {
		const past = this.sent.find(fits);
		if (past !== undefined) return Promise.resolve(past);
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.#waiters.delete(waiter);
				const had = this.sent.map((mail) => JSON.stringify(mail.subject)).join(", ");
				reject(new Error(`no such mail within ${timeoutMs} ms; there were: ${had}`));
			}, timeoutMs);
			const waiter = (mail: SentMail) => {
				if (!fits(mail)) return;
				clearTimeout(timer);
				this.#waiters.delete(waiter);
				resolve(mail);
			};
			this.#waiters.add(waiter);
		});
	}
}
