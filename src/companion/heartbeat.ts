/** A beat soon after activity is worth a request, but not more often than this. */
const soonMs = 5000;

/** Calls `beat` every `intervalMs`, and at once when there is news; never twice at the same time. */
export class Heartbeat {
	readonly #beat: () => Promise<void>;
	readonly #intervalMs: number;
	#timer: NodeJS.Timeout | undefined;
	#lastAt = Number.NEGATIVE_INFINITY;
	#running: Promise<void> | undefined;

	constructor(beat: () => Promise<void>, intervalMs: number) {
		this.#beat = beat;
		this.#intervalMs = intervalMs;
	}

	start(): void {
		this.#timer = setInterval(() => this.#now(), this.#intervalMs);
		this.#now();
	}

	/** In the background; throttled. */
	soon(): void {
		if (this.#timer !== undefined && performance.now() - this.#lastAt >= soonMs) this.#now();
	}

	stop(): void {
		clearInterval(this.#timer);
		this.#timer = undefined;
	}

	#now(): void {
		this.#lastAt = performance.now();
		this.#running ??= this.#beat().finally(() => {
			this.#running = undefined;
		});
	}
}
