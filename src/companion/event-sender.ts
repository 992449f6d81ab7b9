import type { ApiClient, SessionAccess } from "../api-client.ts";
import type { EventAccepted, EventDetails, EventType, ReportEvent } from "../contract/events.ts";
import { eventDetails } from "../contract/events.ts";
import { type Log, reasonOf } from "../log.ts";
import type { Spool } from "../state/spool.ts";
import { Backoff, Pause } from "./backoff.ts";
import { drainSpool } from "./drain-spool.ts";
import { afterHookMs } from "./heartbeat.ts";

export interface EventSenderOptions {
	spool: Spool;
	session: SessionAccess;
	api: Pick<ApiClient, "reportEvent">;
	log: Log;
	now: () => Date;
	/** A new UUIDv7. */
	newId: () => string;
	onGone: () => void;
}

/** `refused`: the server will never take it. `later`: it waits on disk for the server. */
export type SendResult = EventAccepted | "refused" | "later";

/** Takes events at once, onto the disk, and sends them in the background. */
export class EventSender {
	readonly #options: EventSenderOptions;
	readonly #stop = new AbortController();
	readonly #pause = new Pause();
	readonly #backoff = new Backoff();
	readonly #waiters = new Map<string, (result: SendResult) => void>();
	#running: Promise<void> | undefined;

	constructor(options: EventSenderOptions) {
		this.#options = options;
	}

	/** Events that the server has not taken yet. */
	get waiting(): number {
		return this.#options.spool.size;
	}

	/** Returns the event's id; nothing here waits for the network. */
	report(type: EventType, details: EventDetails, presence: Pick<ReportEvent, "attended" | "present"> = {}): string {
		const { spool, newId, now } = this.#options;
		const cut = eventDetails.parse(details);
		const { id } = spool.append({ id: newId(), type, occurred_at: now().toISOString(), details: cut, ...presence });
		// Not `wake`: while the server is away, each event would cut its pause short and read the whole spool again.
		setTimeout(() => this.#begin(), afterHookMs);
		return id;
	}

	/** What the server said to an event that was just reported, or "later" after `waitMs`. */
	async resultOf(id: string, waitMs: number): Promise<SendResult> {
		return new Promise((resolve) => {
			const timer = setTimeout(() => settle("later"), waitMs);
			const settle = (result: SendResult) => {
				clearTimeout(timer);
				this.#waiters.delete(id);
				resolve(result);
			};
			this.#waiters.set(id, settle);
		});
	}

	/** Sends now what waits, if anything does. */
	wake(): void {
		this.#pause.wake();
		this.#begin();
	}

	#begin(): void {
		if (!this.#stop.signal.aborted) this.#running ??= this.#runOnce();
	}

	/** Stops sending; what waits stays on disk. Resolves when the spool is free for others. */
	async close(): Promise<void> {
		this.#stop.abort();
		await this.#running;
		for (const settle of [...this.#waiters.values()]) settle("later");
	}

	async #runOnce(): Promise<void> {
		try {
			await this.#run();
		} catch (error) {
			this.#options.log.error(`sending events failed: ${reasonOf(error)}`);
			await this.#pause.wait(this.#backoff.next(), this.#stop.signal);
		}
		this.#running = undefined;
		// An event may have come while the last lock was given back.
		if (this.waiting > 0) this.wake();
	}

	async #run(): Promise<void> {
		const { signal } = this.#stop;
		while (!signal.aborted) {
			const drained = await drainSpool({
				...this.#options,
				signal,
				onAnswer: (event, answer) => {
					this.#backoff.reset();
					this.#waiters.get(event.id)?.(answer ?? "refused");
				},
			});
			if (signal.aborted) return;
			switch (drained.state) {
				case "gone":
					return this.#options.onGone();
				case "empty":
					this.#backoff.reset();
					if (this.waiting === 0) return;
					break;
				case "busy":
					await this.#pause.wait(500, signal);
					break;
				case "away":
					this.#options.log.info(`${this.waiting} events wait: ${drained.reason}`);
					await this.#pause.wait(this.#backoff.next(drained.retryAfterMs), signal);
			}
		}
	}
}
