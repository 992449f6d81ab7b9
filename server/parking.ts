import type { ServerResponse } from "node:http";
import type { ErrorBody } from "../src/contract/errors.ts";
import type { InboxPage } from "./domain/read-inbox.ts";
import type { RunningInboxBus, Watcher } from "./inbox-bus.ts";

/** A request that waits for a reply to its session. */
export interface Wait {
	sessionId: string;
	requestId: string;
	/** At most so long, counted from the first look. */
	waitMs: number;
	/** Must hold nothing of the request: it lives as long as the wait. */
	look(): Promise<InboxPage>;
}

/** How a request ends that something went wrong with. */
export interface Refusal {
	status: number;
	body: ErrorBody;
	headers: Record<string, string>;
}

export interface ParkingOptions {
	bus: Pick<RunningInboxBus, "watch" | "unwatch">;
	/** The server is shutting down: nobody is kept waiting. */
	stopped(): boolean;
	refuse(error: unknown, requestId: string): Refusal;
}

type Headers = Readonly<Record<string, string>>;

/**
 * Where long-polls wait. Of a request that went through the whole app in vain nothing is kept but the socket's response and what to look
 * for; promises, signals and the framework's own objects would be most of what thousands of waiting companions cost.
 */
export class Parking {
	readonly #options: ParkingOptions;
	readonly #parked = new WeakMap<object, Parked>();
	/** What the app gives each answer is the same for all: kept once. */
	readonly #headers = new Map<string, Headers>();

	constructor(options: ParkingOptions) {
		this.#options = options;
	}

	/** Looks once. Answers what is there, or nothing if that is the answer at once; else the request is parked, and ends after it was taken over. */
	async enter(outgoing: ServerResponse, wait: Wait): Promise<InboxPage | Parked> {
		const parked = new Parked(this.#options, wait, outgoing);
		const page = await parked.lookFirst();
		if (page !== undefined) return page;
		this.#parked.set(outgoing, parked);
		return parked;
	}

	/** After the app has answered: false when the answer stands, true when the request is parked and will be answered from here. */
	takeOver(outgoing: object, answer: Response): boolean {
		const parked = this.#parked.get(outgoing);
		if (parked === undefined) return false;
		this.#parked.delete(outgoing);
		parked.begin(this.#shared(answer.headers));
		return true;
	}

	#shared(given: Response["headers"]): Headers {
		const text = JSON.stringify([...given]);
		const known = this.#headers.get(text);
		if (known !== undefined) return known;
		const headers = Object.fromEntries(given);
		// It would take a header that differs by request; then sharing is worth nothing.
		if (this.#headers.size < 100) this.#headers.set(text, headers);
		return headers;
	}
}

/** One waiting request. */
export class Parked implements Watcher {
	readonly #options: ParkingOptions;
	readonly #wait: Wait;
	readonly #outgoing: ServerResponse;
	readonly #timer: NodeJS.Timeout;
	/** Undefined until the app is done with the request. */
	#headers: Headers | undefined;
	#note: ((status: number) => void) | undefined;
	#looking = false;
	#again = false;
	#over = false;
	#ended = false;

	constructor(options: ParkingOptions, wait: Wait, outgoing: ServerResponse) {
		this.#options = options;
		this.#wait = wait;
		this.#outgoing = outgoing;
		this.#timer = setTimeout(expire, wait.waitMs, this);
		// Before the first look: a reply that is stored between the two must not be missed.
		options.bus.watch(wait.sessionId, this);
	}

	/** Undefined when there is nothing yet and the request waits. */
	async lookFirst(): Promise<InboxPage | undefined> {
		this.#looking = true;
		try {
			const page = await this.#wait.look();
			this.#looking = false;
			if (!this.#isAnswer(page)) return undefined;
			this.#leave();
			return page;
		} catch (error) {
			this.#leave();
			throw error;
		}
	}

	/** Hears the answer's status, once there is one. */
	onAnswered(note: (status: number) => void): void {
		this.#note = note;
	}

	begin(headers: Headers): void {
		this.#headers = headers;
		// The adapter's listener holds the whole request, for a signal that nobody hears any more.
		this.#outgoing.removeAllListeners("close");
		this.#outgoing.once("close", () => this.#gone());
		if (this.#outgoing.destroyed) this.#gone();
		else if (this.#again || this.#over) this.woken();
	}

	woken(): void {
		this.#again = true;
		if (!this.#looking && this.#headers !== undefined && !this.#ended) void this.#look();
	}

	expire(): void {
		this.#over = true;
		this.woken();
	}

	async #look(): Promise<void> {
		this.#looking = true;
		try {
			while (this.#again && !this.#ended) {
				this.#again = false;
				const page = await this.#wait.look();
				if (this.#isAnswer(page)) this.#answer(page);
			}
		} catch (error) {
			this.#refuse(error);
		}
		this.#looking = false;
	}

	#isAnswer(page: InboxPage): boolean {
		return page.messages.length > 0 || this.#over || this.#options.stopped();
	}

	#answer(page: InboxPage): void {
		if (page.messages.length === 0) this.#end(204);
		else this.#end(200, page);
	}

	#refuse(error: unknown): void {
		const { status, body, headers } = this.#options.refuse(error, this.#wait.requestId);
		this.#end(status, body, headers);
	}

	#end(status: number, body?: object, more: Headers = {}): void {
		if (this.#ended) return;
		this.#leave();
		const json = body === undefined ? undefined : JSON.stringify(body);
		const about =
			json === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(json) };
		this.#outgoing.writeHead(status, { ...this.#headers, ...more, ...about }).end(json);
		this.#note?.(status);
	}

	/** The caller went away. */
	#gone(): void {
		if (this.#ended) return;
		this.#leave();
		this.#note?.(204);
	}

	#leave(): void {
		this.#ended = true;
		clearTimeout(this.#timer);
		this.#options.bus.unwatch(this.#wait.sessionId, this);
	}
}

function expire(parked: Parked): void {
	parked.expire();
}
