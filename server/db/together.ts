import type { Db } from "./client.ts";
import { isConnectionLoss } from "./errors.ts";

export interface TogetherOptions<Item, Result> {
	/** One result for each item, in their order; all of it happens or nothing. */
	run(items: readonly Item[]): Promise<Result[]>;
	/** Whether `next` may be in one run with these. */
	fits(items: readonly Item[], next: Item): boolean;
	/** Runs under way at the same time. */
	atOnce: number;
	/** Items in one run. */
	most: number;
}

interface Waiting<Item, Result> {
	item: Item;
	resolve(result: Result | Promise<Result>): void;
	reject(error: unknown): void;
}

/**
 * What comes while enough runs are under way waits for one to end, and all of it goes into the next: one statement for twenty costs little
 * more than one for one, and so does one commit. What one item breaks costs the others nothing: each is then run alone.
 */
export function together<Item, Result>(options: TogetherOptions<Item, Result>): (item: Item) => Promise<Result> {
	const { run, fits, atOnce, most } = options;
	let waiting: Waiting<Item, Result>[] = [];
	let running = 0;

	function take(): Waiting<Item, Result>[] {
		const taken: Waiting<Item, Result>[] = [];
		const items: Item[] = [];
		const left: Waiting<Item, Result>[] = [];
		for (const each of waiting) {
			if (items.length === most || !fits(items, each.item)) {
				left.push(each);
				continue;
			}
			items.push(each.item);
			taken.push(each);
		}
		waiting = left;
		return taken;
	}
	async function alone(item: Item): Promise<Result> {
		const [result] = await run([item]);
		return result as Result;
	}
	async function runNext(): Promise<void> {
		const taken = take();
		try {
			const results = await run(taken.map(({ item }) => item));
			for (const [at, { resolve }] of taken.entries()) resolve(results[at] as Result);
		} catch (error) {
			for (const { item, resolve, reject } of taken) {
				if (taken.length === 1 || isConnectionLoss(error)) reject(error);
				else resolve(alone(item));
			}
		}
	}
	function start(): void {
		while (running < atOnce && waiting.length > 0) {
			running += 1;
			void runNext().finally(() => {
				running -= 1;
				start();
			});
		}
	}
	return (item) => {
		const { promise, resolve, reject } = Promise.withResolvers<Result>();
		waiting.push({ item, resolve, reject });
		start();
		return promise;
	};
}

/** One `work` for each database, made when it is first asked for: what comes by the same object is run together. */
export function togetherFor<Item, Result>(
	optionsFor: (db: Db) => TogetherOptions<Item, Result>,
): (db: Db, item: Item) => Promise<Result> {
	const made = new WeakMap<Db, (item: Item) => Promise<Result>>();
	return (db, item) => {
		const work = made.get(db) ?? together(optionsFor(db));
		made.set(db, work);
		return work(item);
	};
}
