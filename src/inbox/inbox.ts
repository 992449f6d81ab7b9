import type { ApiClient, SessionAccess } from "../api-client.ts";
import { isGone, isPassing } from "../api-errors.ts";
import { Backoff, Pause } from "../companion/backoff.ts";
import type { InboxMessage } from "../contract/inbox.ts";
import { type Log, reasonOf } from "../log.ts";
import { type GivenReplies, ReplyLedger } from "./ledger.ts";
import { Receipts } from "./receipts.ts";
import { type MessagingSocket, writeToSession } from "./socket.ts";
import { aboutInjected, asData, injectedText } from "./texts.ts";

/** How long an idle session may take to show a reply that its socket took. */
const showMs = 2000;
/** A hook's texts are cut at 10,000 characters; eight replies of 1000 and their frames stay below. */
const mostAtOnce = 8;

export interface InboxOptions {
	api: Pick<ApiClient, "readInbox" | "sendReceipt">;
	session: SessionAccess;
	log: Log;
	socket: MessagingSocket | undefined;
	given: GivenReplies;
	onGone: () => void;
}

/** Waits for replies from the phone and brings each into the session once. */
export class Inbox {
	readonly #options: InboxOptions;
	readonly #ledger: ReplyLedger;
	readonly #receipts: Receipts;
	readonly #stop = new AbortController();
	readonly #pause = new Pause();
	readonly #timers = new Map<string, NodeJS.Timeout>();
	#busy = false;
	/** Somebody has prompted since this companion began: the session may be woken. */
	#prompted = false;

	constructor(options: InboxOptions) {
		this.#options = options;
		this.#ledger = new ReplyLedger(options.given);
		this.#receipts = new Receipts(options.api, options.session, options.log, this.#stop.signal);
	}

	/** Replies that the session has not had yet. */
	get open(): number {
		return this.#ledger.size;
	}

	start({ resumed }: { resumed: boolean }): void {
		this.#read(resumed).catch((error: unknown) => this.#options.log.error(`reading replies ended: ${reasonOf(error)}`));
	}

	close(): void {
		this.#stop.abort();
		for (const timer of this.#timers.values()) clearTimeout(timer);
		this.#timers.clear();
	}

	/** The server answers again: no need to wait for the next try. */
	wake(): void {
		this.#pause.wake();
	}

	/** A busy session shows what stands in line after its running tool, which may take any time. */
	turnStarted(): void {
		this.#busy = true;
		this.#prompted = true;
	}

	turnEnded(): void {
		this.#busy = false;
		for (const { ref } of this.#ledger.inSocket()) this.#expectSoon(ref);
	}

	/** What a prompt proves. `copy`: it only repeats a reply that the session has had. `context`: what to say beside it. */
	onPrompt(prompt: string): { copy: boolean; context: string[] } {
		if (this.#ledger.isCopy(prompt)) return { copy: true, context: [] };
		const seen = this.#ledger.prove(prompt);
		for (const { id } of seen) this.#receipts.send(id, { state: "seen", via: "socket" });
		return { copy: false, context: seen.map(aboutInjected) };
	}

	/** Gives what waits to the session, as data: beside its next prompt, or as the answer of its tool call. */
	take(via: "prompt" | "tool"): string[] {
		const taken = this.#ledger.take(via, mostAtOnce);
		for (const { id } of taken) this.#receipts.send(id, { state: "seen", via });
		return taken.map(asData);
	}

	async #read(resumed: boolean): Promise<void> {
		const { signal } = this.#stop;
		const backoff = new Backoff();
		const at = { cursor: 0, backlog: resumed };
		while (!signal.aborted) {
			try {
				await this.#readPage(at);
				backoff.reset();
			} catch (error) {
				if (signal.aborted) return;
				if (isGone(error)) return this.#options.onGone();
				this.#options.log.debug(`waiting for replies: ${reasonOf(error)}`);
				await this.#pause.wait(backoff.next(isPassing(error) ? error.retryAfterMs : 30_000), signal);
			}
		}
	}

	async #readPage(at: { cursor: number; backlog: boolean }): Promise<void> {
		const { api, session } = this.#options;
		const page = await api.readInbox(session, { wait: at.backlog ? 0 : 25, after: at.cursor }, this.#stop.signal);
		for (const message of page?.messages ?? []) await this.#offer(message, at.backlog);
		at.cursor = page?.cursor ?? at.cursor;
		// The backlog may be longer than a page.
		at.backlog &&= page !== undefined && page.messages.length > 0;
	}

	/** `old`: it came while nobody was there, and must not start a turn by itself before somebody is. */
	async #offer(message: InboxMessage, old: boolean): Promise<void> {
		const known = this.#ledger.known(message);
		if (known === "new") return this.#bring(message, old);
		if (known !== "held") return this.#receipts.send(message.id, { state: "seen", via: known });
		// Still in line behind a long turn: the lease is renewed.
		if (this.#ledger.placeOf(message.ref) === "socket") this.#delivered(message);
	}

	async #bring(message: InboxMessage, old: boolean): Promise<void> {
		const { socket, log } = this.#options;
		if (socket === undefined || (old && !this.#prompted)) return this.#ledger.hold(message, "waiting");
		// Held before it is written: the prompt that shows it may be here first.
		this.#ledger.hold(message, "socket");
		try {
			await writeToSession(socket, injectedText(message));
			this.#delivered(message);
			if (!this.#busy) this.#expectSoon(message.ref);
		} catch (error) {
			log.info(`the session's inbox took no reply: ${reasonOf(error)}`);
			this.#wait(message.ref);
		}
	}

	#delivered({ id }: InboxMessage): void {
		this.#receipts.send(id, { state: "delivered", via: "socket" });
	}

	#expectSoon(ref: string): void {
		clearTimeout(this.#timers.get(ref));
		const timer = setTimeout(() => {
			this.#timers.delete(ref);
			if (!this.#busy) this.#wait(ref);
		}, showMs);
		this.#timers.set(ref, timer);
	}

	/** From now on with the next prompt or tool call, unless it was seen meanwhile. */
	#wait(ref: string): void {
		const message = this.#ledger.inSocket().find((held) => held.ref === ref);
		if (message !== undefined) this.#ledger.hold(message, "waiting");
	}
}
