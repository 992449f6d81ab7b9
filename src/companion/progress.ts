/** Says now and then that a turn is still running, when the user wants to hear that. */
export class Progress {
	readonly #tell: (runningSeconds: number) => void;
	#everySeconds = 0;
	#startedAt: number | undefined;
	#timer: NodeJS.Timeout | undefined;

	constructor(tell: (runningSeconds: number) => void) {
		this.#tell = tell;
	}

	/** 0: not at all. */
	every(seconds: number): void {
		if (seconds === this.#everySeconds) return;
		this.#everySeconds = seconds;
		this.#schedule();
	}

	turnStarted(): void {
		this.#startedAt = performance.now();
		this.#schedule();
	}

	turnEnded(): void {
		this.#startedAt = undefined;
		this.#schedule();
	}

	/** `round`: a timer can ring a moment too early, and that was its time all the same. */
	#schedule(round: (turns: number) => number = Math.floor): void {
		clearTimeout(this.#timer);
		const startedAt = this.#startedAt;
		if (startedAt === undefined || this.#everySeconds === 0) return;
		const everyMs = this.#everySeconds * 1000;
		const elapsedMs = performance.now() - startedAt;
		const waitMs = (round(elapsedMs / everyMs) + 1) * everyMs - elapsedMs;
		this.#timer = setTimeout(() => {
			this.#tell(Math.round((performance.now() - startedAt) / 1000));
			this.#schedule(Math.round);
		}, waitMs).unref();
	}
}
