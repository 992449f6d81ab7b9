import type { InboxMessage } from "../contract/inbox.ts";
import { type Log, reasonOf } from "../log.ts";
import type { ReplyLedger } from "./ledger.ts";
import { Pace } from "./pace.ts";
import { pointer } from "./texts.ts";
import { hasWay, type LineWay, lineWays, putInLine, type SessionWays } from "./ways.ts";

/** How long an idle session may take to show a reply that was put in line. */
const showMs = 2000;
/** The client drops the same text for 45 s: what it dropped once can be put in line again after this. */
const againMs = 60_000;
/** Times that one reply is put in line by each way. */
const maxRounds = 3;
const mostInLine = 8;

interface Journey {
	tried: Set<LineWay>;
	rounds: number;
	/** performance.now() of the last time it was put in line. */
	since: number;
	/** When a tool call ended that it stood in line behind. */
	passed: number | undefined;
	timer: NodeJS.Timeout | undefined;
}

export interface HandOverOptions {
	ways: SessionWays;
	ledger: ReplyLedger;
	log: Log;
	onInLine: (message: InboxMessage, way: LineWay) => void;
	/** False while an older reply may still turn up. */
	mayBring?: () => boolean;
	/** Milliseconds. */
	againMs?: number;
}

/**
 * Puts the held replies in line for the session, in their order, by the first way that works. One that the session does not show in time
 * goes on to the next way; in the end it waits for the next prompt, and the doorbell is rung.
 */
export class HandOver {
	readonly #options: HandOverOptions;
	readonly #journeys = new Map<string, Journey>();
	/** Ways that took texts and showed none. */
	readonly #silent = new Set<LineWay>();
	readonly #lastShown = new Map<LineWay, number>();
	readonly #pace = new Pace();
	#later: NodeJS.Timeout | undefined;
	#work = Promise.resolve();
	#isBusy = false;
	/** Somebody has prompted or replied since this companion began: the session may be woken. */
	#isAwake = false;
	#isClosed = false;

	constructor(options: HandOverOptions) {
		this.#options = options;
	}

	/** How the next reply goes in, as far as is known. */
	get way(): LineWay | "rewake" | "prompt" {
		const { doorbell } = this.#options.ways;
		return lineWays.find((way) => this.#works(way)) ?? (doorbell?.isOpen === true ? "rewake" : "prompt");
	}

	close(): void {
		this.#isClosed = true;
		for (const { timer } of this.#journeys.values()) clearTimeout(timer);
		clearTimeout(this.#later);
		this.#options.ways.doorbell?.close();
	}

	/** To be called when somebody is there, after which the session may be woken. */
	awake(): void {
		this.#isAwake = true;
	}

	/** A busy session shows what stands in line after its running tool, which may take any time. */
	turnStarted(): void {
		this.#isBusy = true;
		this.#isAwake = true;
	}

	turnEnded(): Promise<void> {
		this.#isBusy = false;
		for (const { ref } of this.#options.ledger.inLine()) this.#expectSoon(ref);
		return this.bring();
	}

	/** A tool call ended. The client shows what stands in line before the model goes on; what two calls have passed by waits no longer for that. */
	toolEnded(): void {
		const { ledger } = this.#options;
		const now = performance.now();
		for (const message of ledger.inLine()) {
			const journey = this.#journey(message.ref);
			if (journey.passed === undefined) journey.passed = now;
			else if (now - journey.passed >= showMs) ledger.hold(message, "waiting");
		}
	}

	/** A prompt showed what this way had put in line. */
	shown(way: LineWay): void {
		this.#lastShown.set(way, performance.now());
		this.#silent.delete(way);
		void this.bring();
	}

	/** Puts in line what waits. One at a time: no text overtakes another. Never rejects. */
	bring(): Promise<void> {
		this.#work = this.#work
			.then(() => this.#bringAll())
			.catch((error: unknown) => this.#options.log.warn(`a reply stays where it is: ${reasonOf(error)}`));
		return this.#work;
	}

	async #bringAll(): Promise<void> {
		const { ledger, ways } = this.#options;
		if (this.#isClosed) return;
		if (this.way === "rewake" || this.way === "prompt") this.#openDoor();
		if (!this.#isAwake || this.#options.mayBring?.() === false) return;
		for (const message of ledger.waiting()) {
			if (ledger.inLine().length >= mostInLine || this.#isClosed) break;
			const waitMs = this.#pace.waitMs();
			if (waitMs > 0) {
				// The prompt that shows the last one in line takes along what waits.
				clearTimeout(this.#later);
				this.#later = setTimeout(() => void this.bring(), waitMs);
				break;
			}
			await this.#bringOne(message);
		}
		if (!this.#isBusy && ledger.waiting().length > 0) ways.doorbell?.ring(pointer);
	}

	#openDoor(): void {
		const { ways, log } = this.#options;
		try {
			ways.doorbell?.open(() => void this.bring());
		} catch (error) {
			log.info(`no hook can wait for replies: ${reasonOf(error)}`);
		}
	}

	async #bringOne(message: InboxMessage): Promise<void> {
		const { ledger, ways, log, onInLine } = this.#options;
		const journey = this.#journey(message.ref);
		for (const way of lineWays) {
			// A prompt or a tool call may have had it meanwhile.
			if (ledger.placeOf(message.ref) !== "waiting") return;
			if (journey.tried.has(way) || !this.#mayTry(way, journey)) continue;
			journey.tried.add(way);
			journey.since = performance.now();
			journey.passed = undefined;
			// Held before it is written: the prompt that shows it may be here first.
			ledger.hold(message, way);
			this.#pace.use();
			try {
				await putInLine(ways, way, message);
				onInLine(message, way);
				if (!this.#isBusy) this.#expectSoon(message.ref);
				return;
			} catch (error) {
				log.info(`the session's ${way} took no reply: ${reasonOf(error)}`);
				this.#silent.add(way);
				if (ledger.placeOf(message.ref) === way) ledger.hold(message, "waiting");
			}
		}
	}

	#works(way: LineWay): boolean {
		return hasWay(this.#options.ways, way) && !this.#silent.has(way);
	}

	/** A silent way is tried again now and then, and where there is nothing better: a slow client looks like one that refuses. */
	#mayTry(way: LineWay, { rounds }: Journey): boolean {
		const { ways } = this.#options;
		if (this.#works(way)) return true;
		const hasBetter = lineWays.some((other) => this.#works(other)) || ways.doorbell?.hasWaiter === true;
		return hasWay(ways, way) && (rounds > 0 || !hasBetter);
	}

	#expectSoon(ref: string): void {
		this.#after(showMs, ref, () => {
			if (!this.#isBusy) this.#notShown(ref);
		});
	}

	#notShown(ref: string): void {
		const { ledger } = this.#options;
		const message = ledger.inLine().find((held) => held.ref === ref);
		if (message === undefined) return;
		const way = ledger.placeOf(ref);
		const { since } = this.#journey(ref);
		if (way !== undefined && way !== "waiting" && (this.#lastShown.get(way) ?? -1) < since) this.#silent.add(way);
		ledger.hold(message, "waiting");
		this.#tryAgainLater(ref);
		void this.bring();
	}

	#tryAgainLater(ref: string): void {
		this.#after(this.#options.againMs ?? againMs, ref, () => {
			const journey = this.#journey(ref);
			if (this.#options.ledger.placeOf(ref) !== "waiting" || journey.rounds + 1 >= maxRounds) return;
			journey.rounds++;
			journey.tried.clear();
			void this.bring();
		});
	}

	#after(ms: number, ref: string, then: () => void): void {
		const journey = this.#journey(ref);
		clearTimeout(journey.timer);
		if (!this.#isClosed) journey.timer = setTimeout(then, ms);
	}

	#journey(ref: string): Journey {
		const known = this.#journeys.get(ref);
		if (known !== undefined) return known;
		const fresh = { tried: new Set<LineWay>(), rounds: 0, since: 0, passed: undefined, timer: undefined };
		this.#journeys.set(ref, fresh);
		return fresh;
	}
}
