import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBeside, patiently, type StoredMessages, storedMessages, underWay } from "../helpers/faults-database.ts";
import { addReporters, eventsEach, type PlannedEvent, planEvents, sharedKey } from "../helpers/faults-people.ts";
import { type FaultsProvider, startFaultsProvider } from "../helpers/faults-provider.ts";
import { chooseSeed, fullForm, recoveryMs, seededRandom } from "../helpers/faults-random.ts";
import { allTaken, type FaultsRun, runFaults } from "../helpers/faults-run.ts";
import { type FaultsServer, faultsServer, ownBundle } from "../helpers/faults-server.ts";
import { judge } from "../helpers/faults-verdict.ts";
import { startPostgresCluster } from "../helpers/postgres-cluster.ts";
import { until } from "../helpers/until.ts";

const size = fullForm ? { events: 10_000, kills: 20, restarts: 3 } : { events: 500, kills: 2, restarts: 1 };
const perSecond = 50;
/** PostgreSQL gets 50/s whatever comes. The embedded database works in the server's own thread: it gets no more than it answers. */
const [atOnce, embeddedAtOnce] = fullForm ? [Number.POSITIVE_INFINITY, 60] : [60, 60];
/** What a provider takes for an answer, so that there always is something under way. */
const answerMs = 40;
/** Ten times what a quiet machine takes, or more. */
const timeout = 10 * recoveryMs + (size.events / perSecond) * 10_000;

let bundle: Awaited<ReturnType<typeof ownBundle>>;
const dataKey = sharedKey();

beforeAll(async () => {
	bundle = await ownBundle();
});
afterAll(() => bundle[Symbol.asyncDispose]());

const reportersFor = (events: number) => Math.ceil(events / eventsEach);

function announce(seed: number): number {
	process.stdout.write(`FAULTS_SEED=${seed}\n`);
	return seed;
}

interface Outcome {
	seed: number;
	planned: readonly PlannedEvent[];
	run: FaultsRun;
	stored: StoredMessages;
	provider: FaultsProvider;
	server: FaultsServer;
}

function expectNothingLost({ seed, planned, run, stored, provider, server }: Outcome): void {
	const verdict = judge(run, provider, stored.byEvent);
	const { duplicates, slowestDelivery, slowestAccept } = verdict;
	process.stdout.write(
		`FAULTS_SEED=${seed}: ${run.accepted.length} accepted, ${run.faults.length} faults, ${duplicates} sent twice while a kill came, ` +
			`slowest delivery ${slowestDelivery} ms, slowest accept ${slowestAccept} ms after a fault\n`,
	);
	expect(run.accepted.map(({ event }) => event.id).toSorted()).toEqual(planned.map(({ id }) => id).toSorted());
	expect([...stored.byEvent.keys()].toSorted()).toEqual(planned.map(({ id }) => id).toSorted());
	expect(Object.keys(stored.states)).toEqual(["sent"]);
	expect(new Set(provider.taken.map(({ key }) => key))).toEqual(new Set(stored.byEvent.values()));
	expect(verdict.unexplained).toEqual([]);
	expect(slowestDelivery).toBeLessThan(recoveryMs);
	expect(slowestAccept).toBeLessThan(recoveryMs);
	expect(run.accepted.every(({ toldToWait }) => toldToWait)).toBe(true);
	expect(server.unexpectedEnds()).toEqual([]);
}

describe("what was accepted", () => {
	it("is never lost on PostgreSQL, though the server is killed and the database is cut off again and again (rows 68, 214)", {
		timeout,
	}, async () => {
		const seed = announce(chooseSeed());
		await using cluster = await startPostgresCluster();
		await using provider = await startFaultsProvider({ answerMs });
		const url = await cluster.createDatabase("faults");
		const env = { DATABASE_URL: url, DATA_KEY: dataKey, ...provider.variables };
		await using server = await faultsServer({ main: bundle.main, env });
		const database = await openBeside(url, server.dataDir);
		const planned = planEvents(await addReporters(database.db, dataKey, reportersFor(size.events)), size.events);
		await server.start();
		const run = await runFaults(
			{
				server,
				provider,
				restartDatabase: () => cluster.restartImmediately(),
				underWay: () => patiently(() => underWay(database)),
			},
			{ perSecond, atOnce, ...size, events: planned, random: seededRandom(seed) },
		);
		await allTaken(provider, planned.length, 2 * recoveryMs);
		const settled = async () => Object.keys((await storedMessages(database)).states).join() === "sent";
		await until(settled, recoveryMs, async () => JSON.stringify((await storedMessages(database)).states));
		const stored = await storedMessages(database);
		await database.close();
		expectNothingLost({ seed, planned, run, stored, provider, server });
	});

	it("is never lost in the embedded database, though the server is killed again and again (rows 68, 214)", {
		timeout,
	}, async () => {
		const seed = announce(chooseSeed());
		await using provider = await startFaultsProvider({ answerMs });
		await using server = await faultsServer({ main: bundle.main, env: { DATA_KEY: dataKey, ...provider.variables } });
		const before = await openBeside(undefined, server.dataDir);
		const planned = planEvents(await addReporters(before.db, dataKey, reportersFor(size.events)), size.events);
		await before.close();
		await server.start();
		const plan = {
			perSecond,
			atOnce: embeddedAtOnce,
			...size,
			restarts: 0,
			events: planned,
			random: seededRandom(seed),
		};
		const run = await runFaults(
			{
				server,
				provider,
				async underWay() {
					const database = await openBeside(undefined, server.dataDir);
					const leased = await underWay(database);
					await database.close();
					return leased;
				},
			},
			plan,
		);
		await allTaken(provider, planned.length, 2 * recoveryMs);
		await server.kill("SIGTERM");
		const after = await openBeside(undefined, server.dataDir);
		const stored = await storedMessages(after);
		await after.close();
		expectNothingLost({ seed, planned, run, stored, provider, server });
	});
});
