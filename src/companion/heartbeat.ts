/** Background work that a hook sets off begins so much later: the client waits for the hook's answer and wants the cores. */
export const afterHookMs = 30;

/** Activity is told soon, for it ends the "waiting" of the server, but not more often than this. */
const soonMs = 1000;

/** Calls `beat` every `intervalMs`, and soon after there is news; never twice at the same time. `beat` must not throw. */
export class Heartbeat {
	readonly #beat: () => Promise<void>;
	readonly #intervalMs: number;
	#timer: NodeJS.Timeout | undefined;
	#soon: NodeJS.Timeout | undefined;
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

	/** In the background; what comes within a second of the last beat waits for the end of that second. */
	soon(): void {
		if (this.#timer === undefined) return;
		const waitMs = this.#lastAt + soonMs - performance.now();
		this.#soon ??= setTimeout(() => this.#now(), Math.max(waitMs, afterHookMs));
	}

	stop(): void {
		clearInterval(this.#timer);
		clearTimeout(this.#soon);
		this.#timer = undefined;
	}

	#now(): void {
		clearTimeout(this.#soon);
		this.#soon = undefined;
		this.#lastAt = performance.now();
		this.#running ??= this.#beat().finally(() => {
			this.#running = undefined;
		});
	}
}
