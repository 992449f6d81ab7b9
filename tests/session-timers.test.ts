import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../server/db/client.ts";
import { deliveries, events, sessions } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { recordHeartbeat } from "../server/domain/record-heartbeat.ts";
import { tidy } from "../server/domain/tidy.ts";
import { watchSessions } from "../server/domain/watch-sessions.ts";
import type { EventType } from "../src/contract/events.ts";
import { databases, type TestDatabase, travel } from "./helpers/database.ts";
import { addSession, addUser, report, type TestDeps, testChannel, testDeps } from "./helpers/fixture.ts";

/** The server has been up for a day: it took every heartbeat that there was. */
const up = { upMs: 86_400_000 };

describe.each(databases)("the timers of sessions on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: TestDeps;

	beforeAll(async () => {
		database = await open();
		deps = testDeps(database.db, [testChannel("sms")]);
	});
	afterAll(() => database.close());

	const told = async (id: string, type: EventType) =>
		(
			await deps.db
				.select()
				.from(events)
				.where(and(eq(events.sessionId, id), eq(events.type, type)))
		).length;
	const statusOf = async (id: string) =>
		(await deps.db.select({ status: sessions.status }).from(sessions).where(eq(sessions.id, id)))[0]?.status;
	/** A heartbeat of a machine whose last activity was so long ago. Its clock is wrong by a year. */
	const beat = async (id: string, idleSeconds: number) => {
		const now = Date.now() - 365 * 86_400_000;
		const { status } = await recordHeartbeat(deps, id, {
			timestamp: new Date(now).toISOString(),
			last_activity: new Date(now - idleSeconds * 1000).toISOString(),
		});
		return status;
	};
	/** A machine that says every 30 s that it is alive. Real time passes for it too: a slow test is no activity. */
	function machine(id: string) {
		let skipped = 0;
		let since = performance.now();
		return {
			async active(): Promise<void> {
				[skipped, since] = [0, performance.now()];
				await beat(id, 0);
			},
			async alive({ minutes }: { minutes: number }): Promise<void> {
				for (let n = 0; n < minutes * 2; n++) {
					await travel(deps.db, "30 seconds");
					skipped += 30;
					await beat(id, skipped + (performance.now() - since) / 1000);
					await watchSessions(deps, up);
				}
			},
		};
	}

	it("says once that a session waits after ten minutes of silence, and again only after new activity (rows 60, 218)", async () => {
		const session = await addSession(deps, await addUser(deps));
		const laptop = machine(session.id);
		await laptop.alive({ minutes: 9 });
		expect(await told(session.id, "waiting")).toBe(0);
		await laptop.alive({ minutes: 1 });
		expect(await told(session.id, "waiting")).toBe(1);
		await laptop.alive({ minutes: 11 });
		expect(await told(session.id, "waiting")).toBe(1);
		const [message] = await deps.db.select().from(deliveries).where(eq(deliveries.sessionId, session.id));
		expect(message).toMatchObject({ state: "pending" });
		const [event] = await deps.db.select().from(events).where(eq(events.sessionId, session.id));
		expect(event).toMatchObject({ details: { idle_minutes: 10 }, outcome: "queued" });
		await laptop.active();
		await laptop.alive({ minutes: 10 });
		expect(await told(session.id, "waiting")).toBe(2);
	});

	it("starts the ten minutes anew with every activity (row 59)", async () => {
		const session = await addSession(deps, await addUser(deps));
		const laptop = machine(session.id);
		await laptop.alive({ minutes: 9 });
		await laptop.active();
		await laptop.alive({ minutes: 9 });
		expect(await told(session.id, "waiting")).toBe(0);
		await laptop.alive({ minutes: 1 });
		expect(await told(session.id, "waiting")).toBe(1);
	});

	it("takes the threshold and the interval that the session asked for (rows 56, 61)", async () => {
		const quick = { heartbeatIntervalMs: 1000, inactivityThresholdMs: 2000 };
		const session = await addSession(deps, await addUser(deps), quick);
		await travel(deps.db, "2 seconds");
		await beat(session.id, 2);
		await watchSessions(deps, up);
		expect(await told(session.id, "waiting")).toBe(1);
		await travel(deps.db, "3 seconds");
		await watchSessions(deps, up);
		expect(await statusOf(session.id)).toBe("stale");
	});

	it("calls a session lost after three missing heartbeats, with one message until there is real activity (row 57)", async () => {
		const session = await addSession(deps, await addUser(deps));
		await travel(deps.db, "75 seconds");
		await watchSessions(deps, up);
		expect(await statusOf(session.id)).toBe("active");
		await travel(deps.db, "15 seconds");
		await watchSessions(deps, up);
		await watchSessions(deps, up);
		expect(await statusOf(session.id)).toBe("stale");
		expect(await told(session.id, "session_lost")).toBe(1);
		expect(await beat(session.id, 91)).toBe("active");
		await travel(deps.db, "91 seconds");
		await watchSessions(deps, up);
		expect(await statusOf(session.id)).toBe("stale");
		expect(await told(session.id, "session_lost")).toBe(1);
		await beat(session.id, 0);
		await travel(deps.db, "91 seconds");
		await watchSessions(deps, up);
		expect(await told(session.id, "session_lost")).toBe(2);
		await travel(deps.db, "1 hour");
		await watchSessions(deps, up);
		expect(await told(session.id, "waiting")).toBe(0);
	});

	it("calls nobody lost for heartbeats that came while the server was away", async () => {
		const session = await addSession(deps, await addUser(deps));
		await travel(deps.db, "1 hour");
		await watchSessions(deps, { upMs: 80_000 });
		expect(await statusOf(session.id)).toBe("active");
		expect(await told(session.id, "session_lost")).toBe(0);
		await watchSessions(deps, { upMs: 90_000 });
		expect(await statusOf(session.id)).toBe("stale");
	});

	it("believes no heartbeat that puts activity into the future, and lets none move it back", async () => {
		const session = await addSession(deps, await addUser(deps));
		await beat(session.id, -3600);
		await beat(session.id, 3600);
		const [row] = await deps.db
			.select({ age: sql<number>`extract(epoch from now() - last_activity_at)::float8` })
			.from(sessions)
			.where(eq(sessions.id, session.id));
		expect(row?.age).toBeGreaterThanOrEqual(0);
		expect(row?.age).toBeLessThan(60);
	});

	it("does not let one session that cannot be told of silence the others", async () => {
		const user = await addUser(deps);
		const broken = await addSession(deps, user, { handle: null });
		const good = await addSession(deps, user, { handle: null });
		await deps.db.execute(sql.raw(`alter table events add constraint broken check (session_id <> '${broken.id}')`));
		await travel(deps.db, "11 minutes");
		await deps.db.update(sessions).set({ lastHeartbeatAt: sql`now()` });
		await watchSessions(deps, up);
		expect(await told(good.id, "waiting")).toBe(1);
		expect(deps.logged()).toContain("a session's timer failed");
		await deps.db.execute(sql`alter table events drop constraint broken`);
		await watchSessions(deps, up);
		expect(await told(broken.id, "waiting")).toBe(1);
	});

	it("puts away old pairings and sessions that have been lost for a week", async () => {
		const session = await addSession(deps, await addUser(deps));
		await deps.db.execute(sql`insert into pairings
			(id, temp_token_hash, channel, address_sealed, address_mac, label, code_mac, code_challenge, state, expires_at)
			values (${deps.id()}, 'old', 'sms', '', '', '', '', '', '', now() - interval '25 hours')`);
		await travel(deps.db, "8 days");
		await watchSessions(deps, up);
		await tidy(deps);
		expect(await statusOf(session.id)).toBe("ended");
		const left = (await deps.db.execute(sql`select id from pairings`)) as unknown as { rows: object[] };
		expect(left.rows).toEqual([]);
	});
});

describe("the timers of four servers on PostgreSQL", () => {
	it("tell of each silent and each lost session once (rows 57, 60, 193)", async () => {
		const postgres = databases.find(({ name }) => name === "PostgreSQL");
		const first = await postgres?.open();
		if (first?.url === undefined) throw new Error("PostgreSQL is not there");
		const { url, dataDir } = first;
		const options = { url, dataDir, migrationsFolder: "server/db/migrations", onError: () => undefined };
		const others = await Promise.all([1, 2, 3].map(() => openDatabase(options)));
		const servers = [first, ...others].map(({ db }) => testDeps(db, [testChannel("sms")]));
		const [server] = servers;
		if (server === undefined) throw new Error("there is no server");
		const all = [];
		for (let n = 0; n < 10; n++) all.push(await addSession(server, await addUser(server)));
		await acceptEvent(server, all[0] ?? { id: "", userId: "" }, report("done"));
		await travel(first.db, "11 minutes");
		await first.db.execute(sql`update sessions set last_heartbeat_at = now() where id < ${all[5]?.id}`);
		await Promise.all(servers.flatMap((each) => [watchSessions(each, up), watchSessions(each, up)]));
		const rows = await first.db.select().from(events).where(sql`type <> 'done'`);
		expect(rows.map((row) => row.type).toSorted()).toEqual([
			...Array(5).fill("session_lost"),
			...Array(5).fill("waiting"),
		]);
		expect(new Set(rows.map((row) => row.sessionId)).size).toBe(10);
		for (const each of others) await each.close();
		await first.close();
	});
});
