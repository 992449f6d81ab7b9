import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { databases } from "../helpers/database.ts";
import { report, reportUntilAccepted } from "../helpers/faults-client.ts";
import { openBeside } from "../helpers/faults-database.ts";
import { addReporters, eventsEach, planEvents, sharedKey } from "../helpers/faults-people.ts";
import { startFaultsProvider } from "../helpers/faults-provider.ts";
import { chooseSeed, recoveryMs, seededRandom } from "../helpers/faults-random.ts";
import { allTaken } from "../helpers/faults-run.ts";
import { faultsServer, ownBundle } from "../helpers/faults-server.ts";
import { startHalfOpenProxy } from "../helpers/half-open-proxy.ts";
import { startPostgresCluster } from "../helpers/postgres-cluster.ts";
import { until } from "../helpers/until.ts";

const dataKey = sharedKey();
let bundle: Awaited<ReturnType<typeof ownBundle>>;

beforeAll(async () => {
	bundle = await ownBundle();
});
afterAll(() => bundle[Symbol.asyncDispose]());

const random = seededRandom(chooseSeed());

describe("a database that goes away", () => {
	it("makes the server answer 503 with Retry-After, and the same process goes on when it is back", async () => {
		await using cluster = await startPostgresCluster();
		await using provider = await startFaultsProvider({ answerMs: 300 });
		const url = await cluster.createDatabase("away");
		const env = { DATABASE_URL: url, DATA_KEY: dataKey, ...provider.variables };
		await using server = await faultsServer({ main: bundle.main, env });
		const database = await openBeside(url, server.dataDir);
		const events = planEvents(await addReporters(database.db, dataKey, 12), 12 * eventsEach);
		await database.close();
		await server.start();
		const pid = server.pid();
		// Some are being sent in the moment in which the database is cut off: the provider answers into its absence.
		const early = events.slice(0, 10).map((event) => reportUntilAccepted(server.url, event, random));
		await Promise.all(early);
		await until(
			() => provider.taken.length === 10,
			recoveryMs,
			() => `${provider.taken.length} were taken`,
		);
		await cluster.stopImmediately();
		const [next] = events.slice(10);
		if (next === undefined) return;
		expect(await report(server.url, next)).toMatchObject({ status: 503, retryAfter: "5" });
		const ready = await fetch(new URL("/readyz", server.url));
		expect([ready.status, ready.headers.get("retry-after")]).toEqual([503, "5"]);
		expect((await fetch(new URL("/healthz", server.url))).status).toBe(200);
		// More than the hundred that one address may guess at: none of these was judged.
		const during = await Promise.all(events.slice(10, 130).map((event) => report(server.url, event)));
		expect(new Set(during.map((answer) => answer?.status))).toEqual(new Set([503]));
		const later = events.slice(10, 130).map((event) => reportUntilAccepted(server.url, event, random));
		await cluster.start();
		const backAt = performance.now();
		await Promise.all(later);
		await allTaken(provider, 130, recoveryMs);
		expect(performance.now() - backAt).toBeLessThan(recoveryMs);
		// What was under way is not sent twice: the worker told the database when it was back.
		expect(provider.taken).toHaveLength(130);
		expect(server.pid()).toBe(pid);
		expect(server.unexpectedEnds()).toEqual([]);
	}, 180_000);

	it("without a word is noticed and answered with 503, and no connection is lost for good", async () => {
		const shared = await databases[1].open();
		const local = new URL(shared.url ?? "");
		await using proxy = await startHalfOpenProxy({ host: local.hostname, port: Number(local.port || 5432) });
		const through = new URL(local);
		[through.hostname, through.port] = ["127.0.0.1", String(proxy.port)];
		await using provider = await startFaultsProvider();
		const env = { DATABASE_URL: through.href, DATA_KEY: dataKey, ...provider.variables };
		await using server = await faultsServer({ main: bundle.main, env });
		const events = planEvents(await addReporters(shared.db, dataKey, 4), 4 * eventsEach);
		await server.start();
		const pid = server.pid();
		const send = (from: number, to: number) =>
			Promise.all(events.slice(from, to).map((event) => reportUntilAccepted(server.url, event, random)));
		// As many as the pool has connections, so that all of them are open.
		await send(0, 20);
		proxy.killSilently();
		const brokenAt = performance.now();
		const answers = await send(20, 40);
		expect(performance.now() - brokenAt).toBeLessThan(recoveryMs);
		expect(new Set(answers.flatMap(({ statuses }) => statuses))).toEqual(new Set([503]));
		// A connection that is still taken for good would cost the eight seconds of a query.
		const quickAt = performance.now();
		await send(40, 60);
		expect(performance.now() - quickAt).toBeLessThan(7500);
		proxy.deafen();
		const [deafened] = await Promise.all([report(server.url, events[60] ?? fail()), sleep(100)]);
		expect(deafened).toMatchObject({ status: 503, retryAfter: "5" });
		proxy.heal();
		const [last] = await send(60, 61);
		expect(last?.outcome).toMatch(/queued|duplicate/);
		await allTaken(provider, 61, recoveryMs);
		expect(server.pid()).toBe(pid);
		expect(server.unexpectedEnds()).toEqual([]);
		await server.kill("SIGTERM");
		await shared.close();
	}, 240_000);
});

function fail(): never {
	throw new Error("There are too few events.");
}
