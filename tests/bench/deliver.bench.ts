import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { uuidv7 } from "uuidv7";
import { it } from "vitest";
import { databases } from "../helpers/database.ts";
import { median, percentile, table } from "./figures.ts";
import { direct, graphile, ours, type Peer, type PeerKind, pgBoss } from "./peers.ts";
import { type Receiver, sharedNow, startReceiver } from "./receiver.ts";

const burst = 2000;
const paced = { perSecond: 200, count: 1000 };
const producers = 20;
const rounds = 1;
const pad = "x".repeat(300);
const bodyOf = (id: string) => `id:${id} ${pad}`;

const kinds: PeerKind[] = [
	direct,
	ours("claude-notify", databases[1]),
	pgBoss("pg-boss, 20 workers", 1),
	pgBoss("pg-boss, batches of 20", 20),
	graphile,
	ours("claude-notify on PGlite", databases[0]),
];

interface Taken {
	/** When each id first came. */
	at: Map<string, number>;
	twice: number;
}

/** Waits until every id has come. */
async function allTaken(receiver: Receiver, ids: readonly string[]): Promise<Taken> {
	const at = new Map<string, number>();
	let twice = 0;
	const giveUpAt = performance.now() + 60_000;
	while (at.size < ids.length) {
		if (performance.now() > giveUpAt) throw new Error(`only ${at.size} of ${ids.length} came`);
		await sleep(20);
		for (const [id, times] of await receiver.taken()) {
			twice += times.length - (at.has(id) ? 0 : 1);
			if (!at.has(id)) at.set(id, times[0] ?? Number.NaN);
		}
	}
	return { at, twice };
}

interface Burst {
	enqueued: number;
	delivered: number;
	twice: number;
}

/** All of them as fast as possible, by so many producers; per second until the last was durable, and until the last came. */
async function runBurst(peer: Peer, receiver: Receiver): Promise<Burst> {
	const ids = Array.from({ length: burst }, () => uuidv7());
	const startedAt = sharedNow();
	let next = 0;
	let enqueuedAt = startedAt;
	async function produce(): Promise<void> {
		for (let id = ids[next++]; id !== undefined; id = ids[next++]) await peer.enqueue(id, bodyOf(id));
		enqueuedAt = sharedNow();
	}
	await Promise.all(Array.from({ length: producers }, produce));
	const { at, twice } = await allTaken(receiver, ids);
	const perSecond = (until: number) => (burst / (until - startedAt)) * 1000;
	return { enqueued: perSecond(enqueuedAt), delivered: perSecond(Math.max(...at.values())), twice };
}

/** Milliseconds from the call to the webhook, at a steady pace. */
async function runPaced(peer: Peer, receiver: Receiver): Promise<number[]> {
	const given = new Map<string, number>();
	const under: Promise<unknown>[] = [];
	const startedAt = performance.now();
	for (let n = 0; n < paced.count; n++) {
		const due = startedAt + (n * 1000) / paced.perSecond;
		const wait = due - performance.now();
		if (wait > 0) await sleep(wait);
		const id = uuidv7();
		given.set(id, sharedNow());
		under.push(Promise.resolve(peer.enqueue(id, bodyOf(id))));
	}
	await Promise.all(under);
	const { at } = await allTaken(receiver, [...given.keys()]);
	return [...given].map(([id, from]) => (at.get(id) ?? Number.NaN) - from);
}

interface Figures {
	enqueued: number[];
	delivered: number[];
	p50: number[];
	p99: number[];
	twice: number[];
	load: number[];
}

it("prints how fast events reach a webhook, beside pg-boss and graphile-worker", async () => {
	await using receiver = await startReceiver();
	const figures = new Map(
		kinds.map(({ name }): [string, Figures] => [
			name,
			{ enqueued: [], delivered: [], p50: [], p99: [], twice: [], load: [] },
		]),
	);
	for (let round = 0; round < rounds; round++) {
		for (const { name, open } of kinds) {
			await using peer = await open(receiver);
			await peer.work();
			const warm = Array.from({ length: 100 }, () => uuidv7());
			for (const id of warm) await peer.enqueue(id, bodyOf(id));
			await allTaken(receiver, warm);
			const figure = figures.get(name);
			const { enqueued, delivered, twice } = await runBurst(peer, receiver);
			const times = await runPaced(peer, receiver);
			process.stdout.write(`${name}: ${Math.round(enqueued)}/s ${Math.round(delivered)}/s\n`);
			figure?.enqueued.push(enqueued);
			figure?.delivered.push(delivered);
			figure?.p50.push(percentile(times, 50));
			figure?.p99.push(percentile(times, 99));
			figure?.twice.push(twice);
			figure?.load.push(loadavg()[0] ?? Number.NaN);
		}
	}
	const head = ["peer", "enqueued/s", "delivered/s", "of pg-boss", "200/s: p50 ms", "p99 ms", "twice", "load"];
	const best = Math.max(
		...[...figures].flatMap(([name, { delivered }]) => (name.startsWith("pg-boss") ? [median(delivered)] : [])),
	);
	const rows = [...figures].map(([name, { enqueued, delivered, p50, p99, twice, load }]) => [
		name,
		Math.round(median(enqueued)).toString(),
		Math.round(median(delivered)).toString(),
		`${(median(delivered) / best).toFixed(1)} x`,
		median(p50),
		median(p99),
		twice.join(),
		median(load),
	]);
	process.stdout.write(
		`\n${burst} events by ${producers} producers, then ${paced.count} at ${paced.perSecond}/s; medians of ${rounds} rounds, Node ${process.version}\n${table(head, rows)}\n`,
	);
});
