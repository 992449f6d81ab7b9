import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliveries, events, sessions } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import { startNotifyBus } from "../server/notify-bus.ts";
import { sessionSummary } from "../src/contract/sessions.ts";
import { travel } from "./helpers/database.ts";
import { report } from "./helpers/fixture.ts";
import { pairedPerson, startSession } from "./helpers/reply-server.ts";
import { listening, startTwoServers, type TwoServers } from "./helpers/two-servers.ts";
import { until } from "./helpers/until.ts";

const rounded = (times: number[]) => `${times.map(Math.round).join(", ")} ms`;
/** Well under the second in which an instance would look by itself. */
const atOnce = 700;

describe("two instances of the server on one PostgreSQL", () => {
	let two: TwoServers;

	beforeAll(async () => {
		two = await startTwoServers();
		await listening(two, 2);
	});
	afterAll(async () => {
		await two[Symbol.asyncDispose]();
		expect([...two.first.twilio.violations, ...two.second.twilio.violations]).toEqual([]);
	});

	async function someone() {
		const person = await pairedPerson(two.first);
		return { person, session: await startSession(two.first, person) };
	}
	const eventsOf = (id: string) => two.database.db.select().from(events).where(eq(events.sessionId, id));
	const messages = (number: string, pattern: RegExp) => two.smsTo(number).filter((body) => pattern.test(body));

	it("bring a reply that one of them received to the companion that waits at the other, well under a second (row 193)", async () => {
		const times = await two.replyTimes(30);
		expect(times.at(-1), rounded(times)).toBeLessThan(atOnce);
	}, 60_000);

	it("hear each other again after the database has ended their connections", async () => {
		const before = await two.listeners();
		await two.database.db.execute(sql`select pg_terminate_backend(pid) from pg_stat_activity
			where application_name = 'claude-notify hints' and datname = current_database()`);
		await listening(two, 2, before);
		const times = await two.replyTimes(5);
		expect(times.at(-1), rounded(times)).toBeLessThan(atOnce);
	}, 60_000);

	it("send at once what another one accepted that has no time to, or died", async () => {
		const { person } = await someone();
		const { deps } = two.first.server;
		const dying = startNotifyBus({
			url: two.database.url,
			instance: deps.id(),
			log: deps.log,
			onOutbox: () => undefined,
			onSession: () => undefined,
		});
		await listening(two, 3);
		const times: number[] = [];
		for (let n = 0; n < 8; n++) {
			const { id } = await startSession(two.first, person, `session ${n}`);
			const [session] = await two.database.db.select().from(sessions).where(eq(sessions.id, id));
			if (session === undefined) throw new Error("the session is not stored");
			const acceptedAt = performance.now();
			await acceptEvent(
				{ ...deps, wakeOutbox: dying.tellOutbox },
				session,
				report("error", { message: `failure ${n}` }),
			);
			const arrived = () => messages(person.number, new RegExp(`failure ${n}`)).length > 0;
			await until(arrived, 5000, () => `failure ${n} is not among ${two.smsTo(person.number)}`);
			times.push(performance.now() - acceptedAt);
		}
		await dying.close();
		expect(Math.max(...times), rounded(times)).toBeLessThan(atOnce);
	}, 60_000);

	it("hold one limit together: of 40 errors that reach both at the same moment one is sent, the others are counted (rows 82, 83, 84)", async () => {
		const { person, session } = await someone();
		const answers = await Promise.all(
			Array.from({ length: 40 }, (_, n) =>
				two.send(n % 2 === 0 ? two.first : two.second, session, "events", report("error", { message: "it broke" })),
			),
		);
		expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(39).fill(429)]);
		const rows = await eventsOf(session.id);
		expect(rows).toHaveLength(40);
		expect(rows.filter((row) => row.rateLimited)).toHaveLength(39);
		await until(
			() => messages(person.number, /it broke/).length > 0,
			5000,
			() => "nothing was sent",
		);
		const sent = await two.database.db.select().from(deliveries).where(eq(deliveries.sessionId, session.id));
		expect(sent.map(({ attempts }) => attempts)).toEqual([1]);
		expect(messages(person.number, /it broke/)).toHaveLength(1);
	});

	it("have one clock for each silent session, which activity at either starts anew, and tell of it once (rows 59, 60)", async () => {
		const { person, session } = await someone();
		const beat = async (at: typeof two.first, idleMinutes: number) => {
			const now = Date.now();
			const body = { timestamp: new Date(now), last_activity: new Date(now - idleMinutes * 60_000) };
			expect((await two.send(at, session, "heartbeat", body)).status).toBe(200);
		};
		const waiting = async () => (await eventsOf(session.id)).filter(({ type }) => type === "waiting").length;
		for (const [at, minutes] of [
			[two.first, 6],
			[two.second, 0],
			[two.first, 6],
		] as const) {
			await travel(two.database.db, minutes === 0 ? "0" : `${minutes} minutes`);
			await beat(at, minutes);
		}
		// Two ticks of both instances' timers.
		await new Promise((passed) => setTimeout(passed, 2500));
		expect(await waiting()).toBe(0);
		await travel(two.database.db, "5 minutes");
		await beat(two.second, 11);
		await until(
			async () => (await waiting()) > 0,
			5000,
			() => "nobody told that the session waits",
		);
		await new Promise((passed) => setTimeout(passed, 2500));
		expect(await waiting()).toBe(1);
		expect(messages(person.number, /waiting|waits/i)).toHaveLength(1);
	}, 30_000);

	it("call a session lost once when its heartbeats end at both (row 57)", async () => {
		const { person, session } = await someone();
		// Nobody is called lost for heartbeats that there was no server to take, so these are up long enough for three short ones.
		await two.database.db.update(sessions).set({ heartbeatIntervalMs: 1000 }).where(eq(sessions.id, session.id));
		const lost = async () => (await eventsOf(session.id)).filter(({ type }) => type === "session_lost").length;
		await until(
			async () => (await lost()) > 0,
			20_000,
			() => "nobody told that the session is lost",
		);
		await new Promise((passed) => setTimeout(passed, 2500));
		expect(await lost()).toBe(1);
		const rows = await two.database.db.select().from(deliveries).where(eq(deliveries.sessionId, session.id));
		expect(rows).toHaveLength(1);
		await until(
			() => messages(person.number, /lost|not heard|contact/i).length > 0,
			5000,
			() => two.smsTo(person.number).join(),
		);
	}, 30_000);

	it("sum up at the one what was reported to the other (row 58)", async () => {
		const { session } = await someone();
		await two.send(two.first, session, "events", report("error", { message: "one" }));
		await two.send(two.second, session, "events", report("error", { message: "two" }));
		await two.send(two.second, session, "events", report("done", { message: "three" }));
		const sent = () => two.database.db.select().from(deliveries).where(eq(deliveries.sessionId, session.id));
		await until(
			async () => (await sent()).every(({ sentAt }) => sentAt !== null),
			5000,
			() => "not sent",
		);
		const body = { reason: "user", final_state: "completed", ended_at: new Date() };
		const { status, body: summary } = await two.send(two.second, session, "stop", body);
		expect(status).toBe(200);
		expect(sessionSummary.parse(summary)).toMatchObject({ sms_sent: 2, errors_encountered: 2 });
		expect((await two.send(two.first, session, "events", report("done"))).status).toBe(404);
	});

	it("let the same event count once, though its report is repeated to the other one", async () => {
		const { session } = await someone();
		const event = report("done", { message: "finished" });
		const answers = await Promise.all(
			[two.first, two.second, two.first, two.second].map((at) => two.send(at, session, "events", event)),
		);
		expect(answers.map(({ body }) => body["outcome"]).toSorted()).toEqual([
			"duplicate",
			"duplicate",
			"duplicate",
			"queued",
		]);
		expect(await eventsOf(session.id)).toHaveLength(1);
	});
});

describe("two instances behind a pooler, where nothing can be listened for", () => {
	it("bring the reply to the other one's companion within the second in which that looks by itself", async () => {
		await using two = await startTwoServers((url) => `${url}?pgbouncer=true`);
		const times = await two.replyTimes(4);
		expect(await two.listeners()).toEqual([]);
		expect(times.at(-1), rounded(times)).toBeLessThan(2500);
	}, 60_000);
});
