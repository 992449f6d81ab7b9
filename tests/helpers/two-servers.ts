import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { rowsOf } from "../../server/db/client.ts";
import { databases, type TestDatabase, travel } from "./database.ts";
import { type Answer, post } from "./login.ts";
import {
	type LiveSession,
	pairedPerson,
	poll,
	type ReplyServer,
	sendReceipt,
	startReplyServer,
	startSession,
} from "./reply-server.ts";
import { until } from "./until.ts";

/** Two instances of the very server of `npm start` on one PostgreSQL, each with an emulated Twilio of its own. */
export interface TwoServers extends AsyncDisposable {
	database: TestDatabase;
	first: ReplyServer;
	second: ReplyServer;
	/** POST to a session's route at one of the two. */
	send(at: ReplyServer, session: LiveSession, path: string, body: unknown): Promise<Answer>;
	/** What was sent to the number, whichever instance did it. */
	smsTo(number: string): string[];
	/** The backends by which instances hear each other. */
	listeners(): Promise<number[]>;
	/** Milliseconds from the provider's webhook at `second` to the answer that a companion gets from `first`, shortest first. */
	replyTimes(count: number): Promise<number[]>;
}

const backend = z.object({ pid: z.number() });

export async function startTwoServers(databaseUrl = (url: string) => url): Promise<TwoServers> {
	const database = await databases[1].open();
	const env = { DATABASE_URL: databaseUrl(database.url ?? "") };
	const [first, second] = [await startReplyServer(database, { env }), await startReplyServer(database, { env })];
	async function listeners(): Promise<number[]> {
		const rows = await rowsOf(
			database.db,
			backend,
			sql`select pid from pg_stat_activity where datname = current_database()
				and application_name = 'claude-notify hints' and query ~ '^(listen|select)' order by pid`,
		);
		return rows.map(({ pid }) => pid);
	}
	return {
		database,
		first,
		second,
		listeners,
		send: ({ server }, session, path, body) =>
			post(server.url, `/v1/sessions/${session.id}/${path}`, body, session.headers),
		smsTo: (number) =>
			[first, second].flatMap(({ twilio }) => twilio.sent.filter(({ to }) => to === number).map(({ body }) => body)),
		replyTimes: (count) => replyTimes(database, first, second, count),
		async [Symbol.asyncDispose]() {
			await first[Symbol.asyncDispose]();
			await second[Symbol.asyncDispose]();
			await database.close();
		},
	};
}

/** Waits until so many backends listen that were not among `before`. */
export function listening({ listeners }: TwoServers, count: number, before: readonly number[] = []): Promise<number[]> {
	return until(
		async () => {
			const now = await listeners();
			return now.length === count && !now.some((pid) => before.includes(pid)) && now;
		},
		20_000,
		async () => `${await listeners()} listen`,
	);
}

async function replyTimes(database: TestDatabase, first: ReplyServer, second: ReplyServer, count: number) {
	const person = await pairedPerson(first);
	const session = await startSession(first, person);
	const times: number[] = [];
	for (let n = 0, after = 0; n < count; n++) {
		// Ten replies a minute are the limit of a user.
		if (n % 8 === 7) await travel(database.db, "1 minute");
		const waiting = poll(first, session, { wait: 20, after });
		// The long-poll is to be there first: what is measured is how it is woken.
		await sleep(30);
		const sentAt = performance.now();
		await second.twilio.reply(person.number, `reply ${n}`);
		const page = await waiting;
		times.push(performance.now() - sentAt);
		const [message] = page.messages;
		if (message?.text !== `reply ${n}`) throw new Error(`instead of reply ${n}: ${JSON.stringify(page)}`);
		await sendReceipt(first, session, message.id, { state: "seen", via: "socket" });
		after = page.cursor;
	}
	return times.toSorted((a, b) => a - b);
}
