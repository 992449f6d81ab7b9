/** Waiting times that double from `firstMs` to `maxMs`, each with jitter, so that many companions do not come back in step. */
export class Backoff {
	readonly #firstMs: number;
	readonly #maxMs: number;
	#failures = 0;

	constructor(firstMs = 1000, maxMs = 30_000) {
		this.#firstMs = firstMs;
		this.#maxMs = maxMs;
	}

	reset(): void {
		this.#failures = 0;
	}

	/** Milliseconds until the next try; never less than what the server asked for. */
	next(atLeastMs = 0): number {
		const ceiling = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#failures);
		this.#failures = Math.min(this.#failures + 1, 20);
		return Math.max(atLeastMs, ceiling * (0.5 + Math.random() / 2));
	}
}

/** A pause that `wake` or the signal ends early. */
export class Pause {
	#end: (() => void) | undefined;

	wake(): void {
		this.#end?.();
	}

	async wait(ms: number, signal: AbortSignal): Promise<void> {
		if (signal.aborted) return;
		await new Promise<void>((resolve) => {
			const timer = setTimeout(resolve, ms);
			this.#end = () => {
				clearTimeout(timer);
				resolve();
			};
			signal.addEventListener("abort", this.#end, { once: true });
		});
		if (this.#end !== undefined) signal.removeEventListener("abort", this.#end);
		this.#end = undefined;
	}
}
