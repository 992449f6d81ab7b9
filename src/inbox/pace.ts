/**
 * Measured: the client's inbox takes some thirty texts at once and then one every two seconds, and drops what comes sooner without a word.
 * We stay below that; nobody knows what a companion before us has used of it.
 */
const most = 24;
const atFirst = 12;
const perSecond = 0.4;

/** How many texts may be put in line for a session now. */
export class Pace {
	readonly #clock: () => number;
	#left = atFirst;
	#at: number;

	/** `clock`: milliseconds. */
	constructor(clock = () => performance.now()) {
		this.#clock = clock;
		this.#at = clock();
	}

	/** Milliseconds until one more may be; 0 for now. */
	waitMs(): number {
		this.#refill();
		return this.#left >= 1 ? 0 : Math.ceil(((1 - this.#left) * 1000) / perSecond);
	}

	use(): void {
		this.#refill();
		this.#left = Math.max(0, this.#left - 1);
	}

	#refill(): void {
		const now = this.#clock();
		this.#left = Math.min(most, this.#left + ((now - this.#at) * perSecond) / 1000);
		this.#at = now;
	}
}
