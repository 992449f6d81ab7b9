import { setTimeout as sleep } from "node:timers/promises";

/** Asks `probe` every 40 ms until it gives a value that is neither undefined nor false; `describe` says in the error what was there instead. */
export async function until<T>(
	probe: () => T | undefined | false | Promise<T | undefined | false>,
	timeoutMs: number,
	describe: () => string | Promise<string>,
): Promise<T> {
	const deadline = Date.now() + timeoutMs;
	for (;;) {
		const value = await probe();
		if (value !== undefined && value !== false) return value;
		if (Date.now() >= deadline) throw new Error(`Gave up after ${timeoutMs} ms: ${await describe()}`);
		await sleep(40);
	}
}
