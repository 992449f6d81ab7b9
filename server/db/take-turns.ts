import { setImmediate as nextTurn } from "node:timers/promises";
import type { PGlite } from "@electric-sql/pglite";

/** So long statements may follow each other before sockets and timers get a turn, in milliseconds. */
const sliceMs = 15;

type Work = () => Promise<unknown>;

/**
 * PGlite works in this thread and hands one waiting statement to the next without leaving it: a burst of requests would keep
 * everything else, health checks and running sends, from being heard until the last of them is done. This lets the others in
 * between, and gives so many lanes that have their statements run in turn: what is long in one keeps none of another waiting.
 */
export function takeTurns(client: PGlite, lanes: number): PGlite[] {
	const queues: Work[][] = Array.from({ length: lanes }, () => []);
	let served = 0;
	let running = false;
	let sliceBegan = performance.now();

	function next(): Work | undefined {
		for (let step = 1; step <= lanes; step++) {
			const lane = (served + step) % lanes;
			const work = queues[lane]?.shift();
			if (work === undefined) continue;
			served = lane;
			return work;
		}
		return undefined;
	}
	async function run(): Promise<void> {
		running = true;
		for (let work = next(); work !== undefined; work = next()) {
			if (performance.now() - sliceBegan > sliceMs) {
				await nextTurn();
				sliceBegan = performance.now();
			}
			await work();
		}
		running = false;
	}
	return queues.map((queue) => {
		function inTurn<T>(work: () => Promise<T>): Promise<T> {
			const { promise, resolve, reject } = Promise.withResolvers<T>();
			queue.push(() => work().then(resolve, reject));
			if (!running) void run();
			return promise;
		}
		const lane: PGlite = Object.create(client);
		lane.query = (...given) => inTurn(() => client.query(...given));
		lane.transaction = (work) => inTurn(() => client.transaction(work));
		return lane;
	});
}
