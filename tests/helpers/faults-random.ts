/** The same numbers in [0, 1) for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** FAULTS_SEED repeats a run. */
export function chooseSeed(): number {
	return Number(process.env["FAULTS_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
}

/** `npm run test:faults` sets it; without it everything runs in its short form. */
export const fullForm = process.env["FAULTS"] === "full";

/** Within this everything is well again after a fault. The short form runs on machines that others load, too: there slow is not lost. */
export const recoveryMs = fullForm ? 15_000 : 60_000;
