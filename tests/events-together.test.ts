import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { events, rateSlots } from "../server/db/schema.ts";
import { acceptEvent } from "../server/domain/accept-event.ts";
import type { Deps } from "../server/domain/deps.ts";
import type { ChannelName } from "../src/contract/channels.ts";
import { countingDatabase } from "./helpers/counting-database.ts";
import { databases, type TestDatabase } from "./helpers/database.ts";
import { addSession, addUser, report, testChannel, testDeps } from "./helpers/fixture.ts";

type Session = Awaited<ReturnType<typeof addSession>>;

/** Each reachable in another way: by what they have, and by whether they opted out of one of them. */
const people: readonly { channels: readonly ChannelName[]; out?: ChannelName }[] = [
	{ channels: ["sms"] },
	{ channels: ["telegram"] },
	{ channels: ["sms", "telegram"] },
	{ channels: [] },
	{ channels: ["sms"], out: "sms" },
	{ channels: ["telegram", "sms"], out: "telegram" },
];
const types = ["done", "error", "question", "done", "done", "permission"] as const;

describe.each(databases)("events of different users that come at the same moment on $name", ({ open }) => {
	let database: TestDatabase;
	let deps: Deps;
	let counting: ReturnType<typeof countingDatabase>;

	beforeAll(async () => {
		database = await open();
		counting = countingDatabase(database.db);
		deps = testDeps(counting.db, [testChannel("sms"), testChannel("telegram")]);
	});
	afterAll(() => database.close());

	async function sessionsOfPeople(): Promise<Session[]> {
		const made: Session[] = [];
		for (const { channels, out } of people) {
			const user = await addUser(deps, channels);
			if (out !== undefined)
				await deps.db.execute(
					sql`update identities set opted_out_at = now() where user_id = ${user.userId} and channel = ${out}`,
				);
			made.push(await addSession(deps, user));
		}
		return made;
	}
	async function answerOf(session: Session, type: (typeof types)[number]) {
		const { event_id, next_allowed_at, retry_after, ...answer } = await acceptEvent(deps, session, report(type));
		return { ...answer, waits: next_allowed_at !== null, late: (retry_after ?? 0) > 0 };
	}
	async function storedOf(session: Session) {
		const slots = await deps.db
			.select()
			.from(rateSlots)
			.where(eq(rateSlots.scope, `session:${session.id}`));
		const days = await deps.db
			.select()
			.from(rateSlots)
			.where(eq(rateSlots.scope, `user:${session.userId}`));
		const told = await deps.db.select().from(events).where(eq(events.sessionId, session.id));
		return {
			slots: slots.map(({ kind, class: of, used, held }) => [kind, of, used, held].join()).sort(),
			days: days.map(({ used }) => used),
			told: told.map(({ type, outcome, rateLimited }) => [type, outcome, rateLimited].join()).sort(),
		};
	}

	it("end as they do one by one, whoever they are for", async () => {
		const [alone, together] = [await sessionsOfPeople(), await sessionsOfPeople()];
		for (const type of types) {
			const expected = [];
			for (const session of alone) expected.push(await answerOf(session, type));
			expect(await Promise.all(together.map((session) => answerOf(session, type)))).toEqual(expected);
		}
		expect(await Promise.all(together.map(storedOf))).toEqual(await Promise.all(alone.map(storedOf)));
	});

	it("share a few statements", async () => {
		const sessions: Session[] = [];
		for (let n = 0; n < 40; n++) sessions.push(await addSession(deps, await addUser(deps)));
		const policy = {
			now: new Date(),
			timeZone: "UTC",
			settings: {},
			mutedUntil: null,
			sessionMutedUntil: null,
			attendedAt: null,
			present: false,
		};
		const before = counting.count();
		const answers = await Promise.all(
			sessions.map((session) => acceptEvent(deps, { ...session, policy }, report("done"))),
		);
		expect(answers.map(({ outcome }) => outcome)).toEqual(sessions.map(() => "queued"));
		expect(counting.count() - before).toBeLessThanOrEqual(5);
	});

	it("are stored though the database refuses one of them, and a taken id uses up nothing", async () => {
		const sessions: Session[] = [];
		for (let n = 0; n < 12; n++) sessions.push(await addSession(deps, await addUser(deps)));
		const [first] = sessions;
		if (first === undefined) throw new Error("there is no session");
		const again = report("done");
		await acceptEvent(deps, first, again);
		const given = sessions.map((_, n) => {
			if (n === 0) return again;
			return n === 6 ? { ...report("done"), details: { message: "no\u0000text" } } : report("done");
		});
		const ends = await Promise.allSettled(sessions.map((session, n) => acceptEvent(deps, session, given[n] ?? again)));
		const words = ends.map((end) => (end.status === "fulfilled" ? end.value.outcome : end.status));
		expect(words).toEqual(sessions.map((_, n) => (n === 0 ? "duplicate" : n === 6 ? "rejected" : "queued")));
		const stored = await Promise.all(sessions.map(storedOf));
		expect(stored.map(({ told }) => told.length)).toEqual(sessions.map((_, n) => (n === 6 ? 0 : 1)));
		expect(stored.map(({ slots }) => slots.length)).toEqual(sessions.map((_, n) => (n === 6 ? 0 : 1)));
	});
});
