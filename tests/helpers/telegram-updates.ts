import { setTimeout as sleep } from "node:timers/promises";
import {
	allowedTypes,
	checkWebhook,
	defaultTypes,
	type Params,
	Refusal,
	swallowed,
	tooManyRequests,
} from "./telegram-rules.ts";
import {
	type Delivered,
	type DeliveryRules,
	now,
	postUpdate,
	type WebhookAnswer,
	type WireUpdate,
} from "./telegram-wire.ts";

interface Queued {
	update: WireUpdate;
	done: (delivered: Delivered) => void;
	answers: WebhookAnswer[];
}

interface Poll {
	give: (updates: WireUpdate[]) => void;
	fail: (refusal: Refusal) => void;
	offset: number;
	limit: number;
}

const conflict = (text: string) => new Refusal(409, `Conflict: ${text}`);
const undelivered: Delivered = { delivered: false, answers: [] };

/** The one queue of updates of a bot: a webhook empties it, or getUpdates. */
export class UpdateQueue {
	readonly delivery: DeliveryRules = { attempts: 4, delayMs: 30, timeoutMs: 10_000, setWebhookPauseMs: 1000 };
	/** Updates that were made, allowed or not, oldest first. */
	readonly made: WireUpdate[] = [];
	readonly webhookAnswers: WebhookAnswer[] = [];
	/** How many getUpdates were thrown out by a younger one. */
	conflicts = 0;
	webhook: Params | undefined;
	/** Called with each answer of a webhook. */
	onAnswer: (answer: WebhookAnswer) => Promise<void> = () => Promise.resolve();
	#pending: Queued[] = [];
	#allowed = defaultTypes;
	#poll: Poll | undefined;
	#paused = false;
	#pumping: Promise<void> | undefined;
	#nextSetWebhook = 0;
	#lastError: { date: number; message: string } | undefined;
	#lastId = 731_000_000;
	readonly #closed = new AbortController();

	/** For updates that a test makes itself. */
	nextId(): number {
		return ++this.#lastId;
	}

	/** Makes an update and queues it, if its type is allowed. */
	push(type: string, payload: object): { update: WireUpdate; wanted: boolean; delivery: Promise<Delivered> } {
		const update: WireUpdate = { update_id: this.nextId(), [type]: structuredClone(payload) };
		this.made.push(update);
		const wanted = this.#allowed.has(type);
		return { update, wanted, delivery: wanted ? this.enqueue(update) : Promise.resolve(undelivered) };
	}

	/** Queues any update. Resolves when the webhook took it or was given up; at once when there is none. */
	enqueue(update: WireUpdate): Promise<Delivered> {
		const result = new Promise<Delivered>((done) => this.#pending.push({ update, done, answers: [] }));
		const waits = this.webhook !== undefined && !this.#paused;
		this.#wake();
		return waits ? result : Promise.resolve(undelivered);
	}

	/** Keeps updates back until `resume`. */
	pause(): void {
		this.#paused = true;
		this.#letGo();
	}

	resume(): void {
		this.#paused = false;
		this.#wake();
	}

	get pending(): WireUpdate[] {
		return this.#pending.map((queued) => queued.update);
	}

	/** Resolves when no delivery to a webhook is under way. */
	async settled(): Promise<void> {
		while (this.#pumping !== undefined) await this.#pumping;
	}

	close(): void {
		this.#closed.abort();
		this.#drop();
		this.#poll = undefined;
	}

	setWebhook(params: Params): true {
		if (params["url"] === "") return this.deleteWebhook(params);
		if (Date.now() < this.#nextSetWebhook) throw tooManyRequests(1);
		this.#nextSetWebhook = Date.now() + this.delivery.setWebhookPauseMs;
		checkWebhook(params);
		this.#allowed = allowedTypes(params["allowed_updates"]) ?? this.#allowed;
		if (params["drop_pending_updates"] === true) this.#drop();
		this.#abortPoll("terminated by setWebhook request");
		this.webhook = params;
		this.#lastError = undefined;
		this.#wake();
		return true;
	}

	deleteWebhook(params: Params): true {
		this.webhook = undefined;
		this.#letGo();
		if (params["drop_pending_updates"] === true) this.#drop();
		return true;
	}

	webhookInfo(): object {
		const allowed = this.#allowed === defaultTypes ? {} : { allowed_updates: [...this.#allowed] };
		const common = { has_custom_certificate: false, pending_update_count: this.#pending.length, ...allowed };
		if (this.webhook === undefined) return { url: "", ...common };
		const error = this.#lastError;
		return {
			url: this.webhook["url"],
			max_connections: this.webhook["max_connections"] ?? 40,
			ip_address: "203.0.113.7",
			...(error && { last_error_date: error.date, last_error_message: error.message }),
			...common,
		};
	}

	/** `gone` fires when the client hung up. */
	getUpdates(params: Params, gone: AbortSignal): Promise<WireUpdate[]> {
		if (this.webhook !== undefined) {
			const advice = "use deleteWebhook to delete the webhook first";
			throw conflict(`can't use getUpdates method while webhook is active; ${advice}`);
		}
		this.#allowed = allowedTypes(params["allowed_updates"]) ?? this.#allowed;
		if (this.#poll !== undefined) {
			this.conflicts++;
			this.#abortPoll("terminated by other getUpdates request; make sure that only one bot instance is running");
		}
		const limit = Number(params["limit"] ?? 100);
		const timeout = Number(params["timeout"] ?? 0);
		if (limit < 1 || limit > 100 || timeout < 0 || timeout > 50) {
			throw swallowed("limit is 1 to 100, timeout 0 to 50");
		}
		const offset = Number(params["offset"] ?? 0);
		const ready = this.#take(offset, limit);
		if (ready.length > 0 || timeout === 0) return Promise.resolve(ready);
		return new Promise((give, fail) => {
			const poll: Poll = { give, fail, offset, limit };
			this.#poll = poll;
			const end = () => {
				clearTimeout(timer);
				if (this.#poll !== poll) return;
				this.#poll = undefined;
				give([]);
			};
			const timer = setTimeout(end, timeout * 1000).unref();
			gone.addEventListener("abort", end);
		});
	}

	/** Confirms everything before `offset`; a negative one keeps that many from the end. */
	#take(offset: number, limit: number): WireUpdate[] {
		const kept = this.#pending.filter((queued) => queued.update.update_id >= offset);
		this.#pending = offset < 0 ? kept.slice(offset) : kept;
		return this.#paused ? [] : this.pending.slice(0, limit);
	}

	/** Nobody waits for these any more; they stay in the queue. */
	#letGo(): void {
		for (const queued of this.#pending) queued.done(undelivered);
	}

	#drop(): void {
		this.#letGo();
		this.#pending = [];
	}

	#abortPoll(text: string): void {
		this.#poll?.fail(conflict(text));
		this.#poll = undefined;
	}

	#wake(): void {
		if (this.#paused || this.#closed.signal.aborted) return;
		if (this.webhook !== undefined) {
			this.#pumping ??= this.#pump();
			return;
		}
		const poll = this.#poll;
		if (poll === undefined) return;
		const ready = this.#take(poll.offset, poll.limit);
		if (ready.length === 0) return;
		this.#poll = undefined;
		poll.give(ready);
	}

	/** One update after another: the next one waits until the webhook took this one. */
	async #pump(): Promise<void> {
		// What is queued in this turn of the event loop goes out in one go, and `pumping` is set before the loop can end.
		await Promise.resolve();
		for (;;) {
			const queued = this.#pending[0];
			const held = this.#paused || this.#closed.signal.aborted;
			if (queued === undefined || this.webhook === undefined || held) {
				this.#pumping = undefined;
				return;
			}
			await this.#offer(queued, this.webhook);
		}
	}

	async #offer(queued: Queued, webhook: Params): Promise<void> {
		const { update, answers } = queued;
		const answer = await this.post(webhook, JSON.stringify(update), update.update_id, answers.length + 1);
		answers.push(answer);
		const delivered = answer.status >= 200 && answer.status <= 299;
		if (!delivered) {
			const message = `Wrong response from the webhook: ${answer.status}`;
			this.#lastError = { date: now(), message };
		}
		if (!delivered && answers.length < this.delivery.attempts) {
			await sleep(this.delivery.delayMs, undefined, { signal: this.#closed.signal }).catch(() => undefined);
			return;
		}
		this.#pending = this.#pending.filter((other) => other !== queued);
		queued.done({ delivered, answers });
	}

	/** One delivery, noted. */
	async post(webhook: Params, body: string, updateId: number | undefined, attempt = 1): Promise<WebhookAnswer> {
		const signal = AbortSignal.any([AbortSignal.timeout(this.delivery.timeoutMs), this.#closed.signal]);
		const answer = { updateId, attempt, ...(await postUpdate(webhook, body, signal)) };
		this.webhookAnswers.push(answer);
		await this.onAnswer(answer);
		return answer;
	}
}
