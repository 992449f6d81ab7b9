import type { ApiClient, SessionAccess } from "../api-client.ts";
import { isPassing } from "../api-errors.ts";
import { Backoff, Pause } from "../companion/backoff.ts";
import type { InboxReceipt } from "../contract/inbox.ts";
import { type Log, reasonOf } from "../log.ts";

/** A server that stays away longer offers the message again; then the receipt is sent again. */
const maxTries = 5;

/** Tells the server in the background what became of a reply, in order for each. */
export class Receipts {
	readonly #api: Pick<ApiClient, "sendReceipt">;
	readonly #session: SessionAccess;
	readonly #log: Log;
	readonly #signal: AbortSignal;
	readonly #chains = new Map<string, Promise<void>>();

	constructor(api: Pick<ApiClient, "sendReceipt">, session: SessionAccess, log: Log, signal: AbortSignal) {
		this.#api = api;
		this.#session = session;
		this.#log = log;
		this.#signal = signal;
	}

	send(messageId: string, receipt: InboxReceipt): void {
		const before = this.#chains.get(messageId) ?? Promise.resolve();
		const chain = before
			.then(() => this.#post(messageId, receipt))
			.catch((error: unknown) => this.#log.info(`a receipt was not taken: ${reasonOf(error)}`))
			.finally(() => {
				if (this.#chains.get(messageId) === chain) this.#chains.delete(messageId);
			});
		this.#chains.set(messageId, chain);
	}

	async #post(messageId: string, receipt: InboxReceipt): Promise<void> {
		const backoff = new Backoff(500, 10_000);
		for (let tries = 1; !this.#signal.aborted; tries++) {
			try {
				await this.#api.sendReceipt(this.#session, messageId, receipt, this.#signal);
				return;
			} catch (error) {
				if (!isPassing(error) || tries >= maxTries) throw error;
				await new Pause().wait(backoff.next(error.retryAfterMs), this.#signal);
			}
		}
	}
}
