import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportUntilAccepted } from "../helpers/faults-client.ts";
import { openBeside, storedMessages } from "../helpers/faults-database.ts";
import { addReporters, planEvents, sharedKey } from "../helpers/faults-people.ts";
import { type FaultsProvider, startFaultsProvider, type Taken } from "../helpers/faults-provider.ts";
import { chooseSeed, fullForm, recoveryMs, seededRandom } from "../helpers/faults-random.ts";
import { type FaultsServer, faultsServer, ownBundle } from "../helpers/faults-server.ts";
import { startPostgresCluster } from "../helpers/postgres-cluster.ts";
import { until } from "../helpers/until.ts";

const rounds = fullForm ? 5 : 1;
const timeout = 120_000 + rounds * 2 * recoveryMs;
const dataKey = sharedKey();
let bundle: Awaited<ReturnType<typeof ownBundle>>;

beforeAll(async () => {
	bundle = await ownBundle();
});
afterAll(() => bundle[Symbol.asyncDispose]());

interface World {
	server: FaultsServer;
	provider: FaultsProvider;
	/** Where the database is; undefined for the embedded one. */
	url: string | undefined;
}

/** Kills the server in the moment in which the provider's answer to the first send was written. */
async function killBeforeAck({ server, provider, url }: World): Promise<void> {
	const database = await openBeside(url, server.dataDir);
	const events = planEvents(await addReporters(database.db, dataKey, rounds), rounds);
	await database.close();
	await server.start();
	for (const [round, event] of events.entries()) {
		const before = provider.taken.length;
		const killed = Promise.withResolvers<Taken>();
		provider.onAnswered = (taken) => {
			provider.onAnswered = undefined;
			process.kill(server.pid(), "SIGKILL");
			killed.resolve(taken);
		};
		const accepted = reportUntilAccepted(server.url, event, seededRandom(chooseSeed()));
		const first = await killed.promise;
		await server.kill();
		await server.start();
		const sends = () => provider.taken.slice(before);
		await until(
			() => sends().length === 2,
			recoveryMs,
			() => `round ${round}: ${sends().length} sends`,
		);
		expect(sends().map(({ key, to }) => [key, to])).toEqual([
			[first.key, event.by.phone],
			[first.key, event.by.phone],
		]);
		await accepted;
	}
	await server.kill("SIGTERM");
	const after = await openBeside(url, server.dataDir);
	const { states, byEvent } = await storedMessages(after);
	await after.close();
	expect(states).toEqual({ sent: rounds });
	expect(new Set(provider.taken.map(({ key }) => key))).toEqual(new Set(byEvent.values()));
	expect(provider.taken).toHaveLength(2 * rounds);
}

describe("a server that dies between the provider's 201 and its own note of it", () => {
	it("sends again with the same idempotency key, once, on PostgreSQL (row 214)", { timeout }, async () => {
		await using cluster = await startPostgresCluster();
		await using provider = await startFaultsProvider();
		const url = await cluster.createDatabase("aimed");
		const env = { DATABASE_URL: url, DATA_KEY: dataKey, ...provider.variables };
		await using server = await faultsServer({ main: bundle.main, env });
		await killBeforeAck({ server, provider, url });
	});

	it("sends again with the same idempotency key, once, in the embedded database (row 214)", { timeout }, async () => {
		await using provider = await startFaultsProvider();
		await using server = await faultsServer({ main: bundle.main, env: { DATA_KEY: dataKey, ...provider.variables } });
		await killBeforeAck({ server, provider, url: undefined });
	});
});
