import { sql } from "drizzle-orm";
import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { PgBoss, type WorkOptions } from "pg-boss";
import type { Db } from "../../server/db/client.ts";
import { acceptEvent } from "../../server/domain/accept-event.ts";
import { createLog } from "../../server/log.ts";
import { startOutbox } from "../../server/outbox/worker.ts";
import type { ChannelName } from "../../src/contract/channels.ts";
import { eventTypes } from "../../src/contract/events.ts";
import { databases } from "../helpers/database.ts";
import { testChannel, testDeps } from "../helpers/fixture.ts";
import { crowd } from "./crowd.ts";
import type { Receiver } from "./receiver.ts";

/** One way for a message from "accepted" to the webhook. */
export interface Peer extends AsyncDisposable {
	/** Resolves when it is durable; `body` holds `id`. */
	enqueue(id: string, body: string): Promise<unknown>;
	/** Begins to deliver. */
	work(): Promise<unknown>;
	/** Lets the planner know what there is, as a server does that has been up for a minute. */
	analyze(): Promise<unknown>;
}

export interface PeerKind {
	name: string;
	open(receiver: Receiver): Promise<Peer>;
}

/** Messages under way at the same time, for every peer. */
const width = 20;

export const direct: PeerKind = {
	name: "direct POST (no queue)",
	open: async (receiver) => ({
		analyze: async () => undefined,
		enqueue: (_id, body) => receiver.post(body),
		work: async () => undefined,
		[Symbol.asyncDispose]: async () => undefined,
	}),
};

/** Sessions that share the events: as many users with one address each. */
const people = 500;

export function ours(name: string, database: (typeof databases)[number], channel: ChannelName = "telegram"): PeerKind {
	return {
		name,
		async open(receiver) {
			const opened = await database.open();
			const style = {
				...testChannel(channel).style,
				charset: "unicode",
				maxLength: 4096,
				preferredLength: 1200,
			} as const;
			let sent = 0;
			const webhook = testChannel(channel, {
				style,
				async deliver(_address, { text }) {
					await receiver.post(text);
					sent += 1;
					return { ok: true, providerId: `sent-${sent}` };
				},
			});
			const log = createLog("info", { write: () => undefined });
			let outbox: ReturnType<typeof startOutbox> | undefined;
			const deps = testDeps(opened.db, [webhook], { log, wakeOutbox: () => outbox?.wake() });
			const members = await crowd(deps, { count: people, channel });
			let next = 0;
			return {
				analyze: () => analyze(opened.db),
				enqueue(id, message) {
					const at = next++;
					const session = members[at % people]?.session;
					if (session === undefined) throw new Error("there is no session");
					// Each session's events take turns in their type, so that no rate limit holds any of them back.
					const type = eventTypes[Math.floor(at / people) % 2 === 0 ? 3 : 4] ?? "permission";
					const event = { id, type, occurred_at: new Date().toISOString(), details: { message } };
					return acceptEvent(deps, session, event);
				},
				work: async () => {
					outbox = startOutbox({ ...deps, db: opened.outboxDb }, { concurrency: width });
				},
				async [Symbol.asyncDispose]() {
					await outbox?.stop(5000);
					await opened.close();
				},
			};
		},
	};
}

const analyze = (db: Db) => db.execute(sql`analyze`);

async function ownDatabase() {
	const database = await databases[1].open();
	if (database.url === undefined) throw new Error("PostgreSQL did not give a URL");
	return { ...database, url: database.url };
}

export interface PgBossOptions {
	/** NOTIFY for each job, and workers that listen; else they poll. */
	notify: boolean;
	/** Given to `work`; nothing for pg-boss's own defaults. */
	work: WorkOptions;
}

/** Polling every half a second is the least that it takes. */
const often = { pollingIntervalSeconds: 0.5, burstWhenBatchFull: true };
const listening = { ...often, notifyPollingIntervalSeconds: 0.5 };

/** As its documentation has it for jobs that must leave soon: LISTEN and NOTIFY, so many workers with a job each. */
export const bossWorkers = { notify: true, work: { ...listening, batchSize: 1, localConcurrency: width } };
/** Its quickest that still listens: one worker that takes as many jobs as all of those. */
export const bossBatches = { notify: true, work: { ...listening, batchSize: width, localConcurrency: 1 } };
/** Without NOTIFY, whose commits wait for each other: more a second, each of them later. */
export const bossPolling = { notify: false, work: { ...often, batchSize: 100, localConcurrency: 1 } };
/** One job every two seconds. */
export const bossDefaults = { notify: false, work: {} };

export function pgBoss(name: string, { notify, work }: PgBossOptions): PeerKind {
	return {
		name,
		async open(receiver) {
			const database = await ownDatabase();
			const boss = new PgBoss({ connectionString: database.url, useListenNotify: notify, max: 10 });
			boss.on("error", (error) => process.stderr.write(`pg-boss: ${error.message}\n`));
			await boss.start();
			await boss.createQueue("events", { notify });
			return {
				analyze: () => analyze(database.db),
				enqueue: (_id, body) => boss.send("events", { body }),
				work: () =>
					boss.work<{ body: string }>("events", work, async (jobs) => {
						await Promise.all(jobs.map((job) => receiver.post(job.data.body)));
					}),
				async [Symbol.asyncDispose]() {
					await boss.stop({ graceful: false });
					await database.close();
				},
			};
		},
	};
}

export const graphile: PeerKind = {
	name: "graphile-worker",
	async open(receiver) {
		const database = await ownDatabase();
		const logger = new Logger(() => () => undefined);
		const pgPool = new pg.Pool({ connectionString: database.url, max: width + 2 });
		// Its connections end after it says that it stopped, and by then the database is gone.
		pgPool.on("error", () => undefined);
		pgPool.on("connect", (client) => client.on("error", () => undefined));
		const shared = { pgPool, logger };
		const utils = await makeWorkerUtils(shared);
		await utils.migrate();
		let runner: Awaited<ReturnType<typeof run>> | undefined;
		return {
			analyze: () => analyze(database.db),
			enqueue: (_id, body) => utils.addJob("deliver", { body }),
			async work() {
				const deliver = (payload: unknown) => receiver.post((payload as { body: string }).body);
				const options = { concurrency: width, pollInterval: 500, noHandleSignals: true };
				runner = await run({ ...shared, ...options, taskList: { deliver } });
			},
			async [Symbol.asyncDispose]() {
				await runner?.stop();
				await utils.release();
				await pgPool.end();
				await database.close();
			},
		};
	},
};
