import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { uuidv7 } from "uuidv7";
import { checkGoals } from "../helpers/bench-goals.ts";
import { databases } from "../helpers/database.ts";
import { median, percentile, table } from "./figures.ts";
import {
	bossBatches,
	bossDefaults,
	bossPolling,
	bossWorkers,
	direct,
	graphile,
	ours,
	type Peer,
	type PeerKind,
	pgBoss,
} from "./peers.ts";
import { type Receiver, sharedNow, startReceiver } from "./receiver.ts";

const burst = 2000;
const paced = { perSecond: 200, count: 1000 };
const producers = 20;
const rounds = 3;
const warmUp = 1000;
const pad = "x".repeat(300);
const bodyOf = (id: string) => `id:${id} ${pad}`;

const kinds: PeerKind[] = [
	direct,
	ours("claude-notify", databases[1]),
	pgBoss("pg-boss, notify, 20 workers", bossWorkers),
	pgBoss("pg-boss, notify, batches of 20", bossBatches),
	pgBoss("pg-boss, polling 0.5 s, batches of 100", bossPolling),
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
	/** Milliseconds of this process for each event; what the database used is not in it. */
	cpu: number[];
	load: number[];
}

const noFigures = (): Figures => ({ enqueued: [], delivered: [], p50: [], p99: [], twice: [], cpu: [], load: [] });

async function measure({ open }: PeerKind, receiver: Receiver, figures: Figures): Promise<void> {
	await using peer = await open(receiver);
	await peer.work();
	const warm = Array.from({ length: warmUp }, () => uuidv7());
	await Promise.all(warm.map((id) => peer.enqueue(id, bodyOf(id))));
	await allTaken(receiver, warm);
	await peer.analyze();
	const before = process.cpuUsage();
	const { enqueued, delivered, twice } = await runBurst(peer, receiver);
	const { user, system } = process.cpuUsage(before);
	const times = await runPaced(peer, receiver);
	figures.enqueued.push(enqueued);
	figures.delivered.push(delivered);
	figures.p50.push(percentile(times, 50));
	figures.p99.push(percentile(times, 99));
	figures.twice.push(twice);
	figures.cpu.push((user + system) / 1000 / burst);
	figures.load.push(loadavg()[0] ?? Number.NaN);
}

/** pg-boss as it comes: too slow for 2,000 events. Deliveries a second of a few. */
async function defaultsOfPgBoss(receiver: Receiver): Promise<number> {
	await using peer = await pgBoss("pg-boss", bossDefaults).open(receiver);
	const ids = Array.from({ length: 5 }, () => uuidv7());
	for (const id of ids) await peer.enqueue(id, bodyOf(id));
	const startedAt = sharedNow();
	await peer.work();
	const { at } = await allTaken(receiver, ids);
	return (ids.length / (Math.max(...at.values()) - startedAt)) * 1000;
}

async function run(): Promise<void> {
	await using receiver = await startReceiver();
	const figures = new Map(kinds.map(({ name }) => [name, noFigures()]));
	// The first is not counted: code that has run a few thousand times is half as quick again, and a server's has.
	for (const kind of kinds) await measure(kind, receiver, noFigures());
	for (let round = 0; round < rounds; round++) {
		const order = round % 2 === 0 ? kinds : kinds.toReversed();
		for (const kind of order) await measure(kind, receiver, figures.get(kind.name) ?? noFigures());
	}
	const own = figures.get("claude-notify") ?? noFigures();
	const listening = [...figures].filter(([name]) => name.startsWith("pg-boss, notify")).map(([, figure]) => figure);
	const best = Math.max(...listening.map(({ delivered }) => median(delivered)));
	const soonest = Math.min(...listening.map(({ p99 }) => median(p99)));
	const head = [
		"peer",
		"enqueued/s",
		"delivered/s",
		"of pg-boss",
		"200/s: p50 ms",
		"p99 ms",
		"own CPU ms",
		"twice",
		"load",
	];
	const rows = [...figures].map(([name, { enqueued, delivered, p50, p99, twice, cpu, load }]) => [
		name,
		Math.round(median(enqueued)).toString(),
		Math.round(median(delivered)).toString(),
		`${(median(delivered) / best).toFixed(1)} x`,
		median(p50),
		median(p99),
		median(cpu).toFixed(2),
		twice.join(),
		median(load),
	]);
	const defaults = await defaultsOfPgBoss(receiver);
	process.stdout.write(
		`\n${burst} events by ${producers} producers, then ${paced.count} at ${paced.perSecond}/s; medians of ${rounds} rounds, Node ${process.version}\n${table(head, rows)}\npg-boss with nothing set (one worker, polling every 2 s): ${defaults.toFixed(1)} a second. "of pg-boss" is its better form with notify.\n`,
	);
	const [times, p50, p99] = [median(own.delivered) / best, median(own.p50), median(own.p99)];
	checkGoals([
		{ name: "at least 3 x pg-boss's deliveries a second", measured: times, met: times >= 3 },
		{ name: "at 200/s p50 at most 3 ms", measured: p50, met: p50 <= 3 },
		{ name: "at 200/s p99 at most 10 ms", measured: p99, met: p99 <= 10 },
		{ name: `p99 not above pg-boss's ${soonest.toFixed(1)} ms`, measured: p99, met: p99 <= soonest },
	]);
}

await run();
