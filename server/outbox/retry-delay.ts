/** How attempts move apart. `random` gives numbers in [0, 1). */
export interface BackOff {
	/** The first attempt's ceiling; it doubles with each. */
	baseMs: number;
	maxMs: number;
	random(): number;
}

export const defaultBackOff: BackOff = { baseMs: 2000, maxMs: 300_000, random: Math.random };

/** No provider's wait is taken for longer than this: the message would be noise. */
const maxRetryAfterMs = 900_000;

/**
 * Full jitter below a ceiling that doubles. A provider's own wait is kept, with a little jitter so that not all come back at once;
 * one that asks for none at all (zero seconds, a date in the past) gets ours.
 */
export function retryDelayMs(tries: number, retryAfterMs: number | undefined, backOff: BackOff): number {
	if (retryAfterMs !== undefined && retryAfterMs > 0) {
		return Math.round(Math.min(retryAfterMs, maxRetryAfterMs) * (1 + 0.1 * backOff.random()));
	}
	const ceiling = Math.min(backOff.maxMs, backOff.baseMs * 2 ** Math.max(0, tries - 1));
	return Math.round(ceiling * backOff.random());
}
