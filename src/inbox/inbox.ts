import type { ApiClient, SessionAccess } from "../api-client.ts";
import { isGone, isPassing } from "../api-errors.ts";
import { Backoff, Pause } from "../companion/backoff.ts";
import type { InboxMessage, InboxReceipt } from "../contract/inbox.ts";
import { type Log, reasonOf } from "../log.ts";
import type { GivenInFile } from "./given.ts";
import { HandOver } from "./hand-over.ts";
import { type GivenReplies, ReplyLedger } from "./ledger.ts";
import { Receipts } from "./receipts.ts";
import { aboutInjected, asData, isFromChannel, isPointer } from "./texts.ts";
import type { SessionWays } from "./ways.ts";

/** A hook's texts are cut at 10,000 characters; eight replies of 1000 and their frames stay below. */
const mostAtOnce = 8;
/** After a turn's end the client has written the turn down by then. */
const writtenMs = 5000;
/** What was given beside a prompt stands in the conversation within a second. A machine may be slow, and a tool's answer waits for the tools beside it. */
const missedMs = 15_000;
const lookMs = 300;

export interface InboxOptions {
	api: Pick<ApiClient, "readInbox" | "sendReceipt">;
	session: SessionAccess;
	log: Log;
	ways: SessionWays;
	given: GivenReplies & Pick<GivenInFile, "afterKill" | "gaveSince" | "isWritten" | "look" | "met" | "missedBefore">;
	/** Goes on with a session that has ended. Never rejects. */
	resume: (message: InboxMessage, signal: AbortSignal) => Promise<Omit<InboxReceipt, "via">>;
	onGone: () => void;
}

/** Waits for replies from the phone and brings each into the session once. */
export class Inbox {
	readonly #options: InboxOptions;
	readonly #ledger: ReplyLedger;
	readonly #handOver: HandOver;
	readonly #receipts: Receipts;
	readonly #stop = new AbortController();
	readonly #pause = new Pause();
	#begin: NodeJS.Timeout | undefined;
	#check: NodeJS.Timeout | undefined;
	/** While it is found out what the conversation before had. */
	#settling: NodeJS.Timeout | undefined;
	readonly #resuming = new Set<string>();
	#resumed = Promise.resolve();

	constructor(options: InboxOptions) {
		const { api, session, log, ways, given } = options;
		this.#options = options;
		this.#ledger = new ReplyLedger(given);
		this.#receipts = new Receipts(api, session, log, this.#stop.signal);
		const onInLine = ({ id }: InboxMessage, via: "socket" | "channel") =>
			this.#receipts.send(id, { state: "delivered", via });
		const mayBring = () => this.#settling === undefined;
		this.#handOver = new HandOver({ ways, ledger: this.#ledger, log, onInLine, mayBring });
	}

	/** Replies that the session has not had yet. */
	get open(): number {
		return this.#ledger.size;
	}

	/** The way that the next reply goes in by, as far as is known. */
	get way(): HandOver["way"] {
		return this.#handOver.way;
	}

	start({ resumed }: { resumed: boolean | "restarted" }): void {
		const { given, log } = this.#options;
		const began = new Date();
		const begin = () => {
			if (resumed !== false) this.#holdAgain(given.afterKill(began));
			void this.#handOver.bring();
			this.#read(resumed !== false).catch((error: unknown) => log.error(`reading replies ended: ${reasonOf(error)}`));
		};
		if (resumed !== "restarted") {
			begin();
			return;
		}
		// Only a client that is dead has written all down. One that lives is given its time, and nothing newer comes in before what it turns out not to have.
		given.look();
		this.#begin = setTimeout(begin, writtenMs);
	}

	close(): void {
		this.#stop.abort();
		clearTimeout(this.#begin);
		clearTimeout(this.#check);
		clearTimeout(this.#settling);
		this.#handOver.close();
	}

	/** The server answers again: no need to wait for the next try. */
	wake(): void {
		this.#pause.wake();
	}

	turnStarted(): void {
		this.#handOver.turnStarted();
	}

	turnEnded(): void {
		void this.#handOver.turnEnded();
		const ended = new Date();
		this.#check ??= setTimeout(() => {
			this.#check = undefined;
			this.#holdAgain(this.#options.given.missedBefore(ended));
		}, writtenMs);
	}

	/** /clear: what the conversation before was given and does not have comes to the new one, and nothing newer before it. */
	conversationEnded(): void {
		const ended = new Date();
		const { given } = this.#options;
		clearTimeout(this.#settling);
		if (!given.gaveSince(new Date(ended.getTime() - writtenMs))) {
			this.#holdAgain(given.missedBefore(ended));
			return;
		}
		this.#settling = setTimeout(() => {
			this.#settling = undefined;
			this.#holdAgain(given.missedBefore(ended));
			void this.#handOver.bring();
		}, writtenMs);
	}

	/** The client may not have waited for our answer: until its conversation holds what was given, nothing newer goes in, for some seconds at most. */
	#awaitWritten(): void {
		const until = performance.now() + missedMs;
		const look = () => {
			this.#settling = undefined;
			if (this.#options.given.isWritten() || performance.now() >= until) void this.#handOver.bring();
			else this.#settling = setTimeout(look, lookMs);
		};
		if (!this.#options.given.isWritten()) this.#settling = setTimeout(look, lookMs);
	}

	#holdAgain(messages: InboxMessage[]): void {
		for (const message of messages) this.#ledger.hold(message, "waiting");
		if (messages.length > 0) void this.#handOver.bring();
	}

	/** What a prompt proves. `copy`: it only repeats a reply that the session has had. `context`: what to say beside it. */
	onPrompt(prompt: string): { copy: boolean; context: string[] } {
		if (isPointer(prompt)) {
			const context = this.take("rewake");
			return { copy: context.length === 0, context };
		}
		if (this.#ledger.isCopy(prompt)) return { copy: true, context: [] };
		const via = isFromChannel(prompt) ? "channel" : "socket";
		const seen = this.#ledger.prove(prompt);
		for (const { id } of seen) this.#receipts.send(id, { state: "seen", via });
		if (seen.length > 0) this.#handOver.shown(via);
		return { copy: false, context: seen.map(aboutInjected) };
	}

	/** Gives what waits to the session, as data: beside a prompt, or as the answer of its tool call. */
	take(via: "prompt" | "rewake" | "tool"): string[] {
		if (this.#settling !== undefined) return [];
		const taken = this.#ledger.take(via, mostAtOnce);
		for (const { id } of taken) this.#receipts.send(id, { state: "seen", via });
		if (taken.length > 0) this.#awaitWritten();
		return taken.map(asData);
	}

	/** What a busy session is told after a tool call, where nothing else brings it in. */
	afterTool(): string[] {
		this.#handOver.toolEnded();
		return this.take("prompt");
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
		for (const message of page?.messages ?? []) this.#offer(message, at.backlog);
		await this.#handOver.bring();
		at.cursor = page?.cursor ?? at.cursor;
		// The backlog may be longer than a page.
		at.backlog &&= page !== undefined && page.messages.length > 0;
	}

	/** `old`: it came while nobody was there, and must not start a turn by itself before somebody is. */
	#offer(message: InboxMessage, old: boolean): void {
		const known = this.#ledger.known(message);
		if (message.kind === "resume") this.#resume(message);
		else if (known === "new") {
			if (!old) this.#handOver.awake();
			this.#ledger.hold(message, "waiting");
		} else if (known !== "held") {
			this.#options.given.met(message);
			this.#receipts.send(message.id, { state: "seen", via: known });
		} else {
			// Still in line behind a long turn: the lease is renewed.
			const place = this.#ledger.placeOf(message.ref);
			if (place === "socket" || place === "channel")
				this.#receipts.send(message.id, { state: "delivered", via: place });
		}
	}

	/** At most once, and one at a time. What an earlier companion began is over; how it ended nobody knows. */
	#resume(message: InboxMessage): void {
		const { given, resume } = this.#options;
		const { id, ref } = message;
		if (!this.#resuming.has(ref) && given.via(ref) !== undefined) {
			this.#receipts.send(id, { state: "seen", via: "resume" });
			return;
		}
		this.#receipts.send(id, { state: "delivered", via: "resume" });
		if (this.#resuming.has(ref)) return;
		this.#resuming.add(ref);
		this.#resumed = this.#resumed
			.then(async () => {
				if (this.#stop.signal.aborted) return;
				given.add(ref, "resume");
				const became = await resume(message, this.#stop.signal);
				this.#receipts.send(id, { ...became, via: "resume" });
				this.#resuming.delete(ref);
			})
			.catch((error: unknown) => this.#options.log.error(`a session was not resumed: ${reasonOf(error)}`));
	}
}
