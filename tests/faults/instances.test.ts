import { resolve } from "node:path";
import { sql } from "drizzle-orm";
import { uuidv7 } from "uuidv7";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Database } from "../../server/db/client.ts";
import { report } from "../helpers/faults-client.ts";
import { openBeside } from "../helpers/faults-database.ts";
import { addReporters, sharedKey } from "../helpers/faults-people.ts";
import { type FaultsProvider, startFaultsProvider } from "../helpers/faults-provider.ts";
import { fullForm, recoveryMs } from "../helpers/faults-random.ts";
import { type FaultsServer, faultsServer, ownBundle } from "../helpers/faults-server.ts";
import { type PostgresCluster, startPostgresCluster } from "../helpers/postgres-cluster.ts";
import { until } from "../helpers/until.ts";

const size = fullForm ? { rounds: 100, deliveries: 10_000 } : { rounds: 5, deliveries: 1000 };
const skewedClock = resolve(import.meta.dirname, "../helpers/skewed-clock-child.ts");
const tenMinutes = 600_000;
const dataKey = sharedKey();

let bundle: Awaited<ReturnType<typeof ownBundle>>;
let cluster: PostgresCluster;

beforeAll(async () => {
	[bundle, cluster] = await Promise.all([ownBundle(), startPostgresCluster()]);
});
afterAll(async () => {
	await cluster[Symbol.asyncDispose]();
	await bundle[Symbol.asyncDispose]();
});

interface Instances extends AsyncDisposable {
	servers: FaultsServer[];
	database: Database;
	provider: FaultsProvider;
}

/** Server processes on one database, each with a number and, where it is given, a clock of its own. */
async function startInstances(name: string, skews: readonly number[]): Promise<Instances> {
	const url = await cluster.createDatabase(name);
	const provider = await startFaultsProvider();
	const servers = await Promise.all(
		skews.map((skew, n) =>
			faultsServer({
				main: bundle.main,
				env: {
					DATABASE_URL: url,
					DATA_KEY: dataKey,
					...provider.variables,
					TWILIO_PHONE_NUMBER: `+1500555000${n}`,
					SKEW_MS: String(skew),
				},
				nodeOptions: skew === 0 ? [] : ["--import", skewedClock],
			}),
		),
	);
	const database = await openBeside(url, "");
	await Promise.all(servers.map((server) => server.start()));
	return {
		servers,
		database,
		provider,
		async [Symbol.asyncDispose]() {
			for (const server of servers) await server[Symbol.asyncDispose]();
			await database.close();
			await provider[Symbol.asyncDispose]();
		},
	};
}

describe("several servers on one database, with clocks that are ten minutes off", () => {
	it(`let exactly one of 400 simultaneous events leave, ${size.rounds} times over (rows 84, 193)`, {
		timeout: 3 * recoveryMs + 60_000 + size.rounds * 4000,
	}, async () => {
		await using instances = await startInstances("limits", [0, tenMinutes, 0, -tenMinutes]);
		const { servers, database, provider } = instances;
		const reporters = await addReporters(database.db, dataKey, size.rounds);
		for (const by of reporters) {
			const answers = await Promise.all(
				servers.flatMap(({ url }) =>
					Array.from({ length: 100 }, () => report(url, { id: uuidv7(), type: "error", by })),
				),
			);
			const outcomes = Map.groupBy(answers, (answer) => `${answer?.status} ${answer?.outcome}`);
			expect(Object.fromEntries([...outcomes].map(([outcome, all]) => [outcome, all.length]))).toEqual({
				"200 queued": 1,
				"429 limited": 399,
			});
		}
		await until(
			() => provider.taken.length >= size.rounds,
			recoveryMs,
			() => `${provider.taken.length} have left`,
		);
		expect(provider.taken.map(({ to }) => to).toSorted()).toEqual(reporters.map(({ phone }) => phone).toSorted());
	});

	it(`send each of ${size.deliveries} messages once, and share the work (row 193)`, {
		timeout: 3 * recoveryMs + size.deliveries * 20,
	}, async () => {
		await using instances = await startInstances("shared", [0, tenMinutes]);
		const { servers, database, provider } = instances;
		await addReporters(database.db, dataKey, 100);
		await database.db.execute(
			sql`insert into deliveries (id, user_id, identity_id, channel, notice, deadline_at)
				select gen_random_uuid(), i.user_id, i.id, 'sms', '{"kind": "test"}', now() + interval '1 hour'
				from identities i, generate_series(1, ${size.deliveries / 100}::int)`,
		);
		await until(
			() => provider.taken.length >= size.deliveries,
			recoveryMs + size.deliveries * 15,
			() => `${provider.taken.length} have left`,
		);
		const open = () => database.db.$count(sql`deliveries`, sql`state <> 'sent'`);
		await until(
			async () => (await open()) === 0,
			recoveryMs,
			async () => `${await open()} are not settled`,
		);
		expect(provider.taken).toHaveLength(size.deliveries);
		expect(new Set(provider.taken.map(({ key }) => key)).size).toBe(size.deliveries);
		const claims = await database.db.$count(sql`deliveries`, sql`attempts <> 1`);
		expect(claims).toBe(0);
		const bySender = Map.groupBy(provider.taken, ({ from }) => from);
		expect(bySender.size).toBe(servers.length);
		for (const own of bySender.values()) expect(own.length).toBeGreaterThan(size.deliveries / 10);
	});
});
