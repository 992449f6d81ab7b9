import { sql } from "drizzle-orm";
import { z } from "zod";
import type { EventDetails } from "../../src/contract/events.ts";
import { type Db, rowsOf } from "../db/client.ts";
import { stackOf } from "../db/errors.ts";
import { acceptEvent } from "./accept-event.ts";
import type { Deps } from "./deps.ts";

export interface WatchOptions {
	/** For how long this server has been up. Nobody is called lost for heartbeats that there was no server to take. */
	upMs: number;
}

/** Heartbeats that may be missing in a row. */
const missing = 3;
const databaseTime = sql`to_json(now()) #>> '{}'`;
/** At most so many of each kind in one tick; the rest have theirs a second later. */
const batch = 100;

const silent = sql`status = 'active' and waiting_told_at is null
	and last_activity_at + inactivity_threshold_ms * interval '1 millisecond' <= now()`;
const lost = ({ upMs }: WatchOptions) => sql`status = 'active'
	and last_heartbeat_at + ${missing}::int * heartbeat_interval_ms * interval '1 millisecond' <= now()
	and ${missing}::int * heartbeat_interval_ms <= ${upMs}::float8`;

/** One tick of the server's timers. Safe on several instances at once: each finding is claimed in the transaction that tells it. */
export async function watchSessions(deps: Deps, options: WatchOptions): Promise<void> {
	for (const id of await find(deps, lost(options))) await tellAlone(deps, id, (tx) => claimLost(tx, id, options));
	for (const id of await find(deps, silent)) await tellAlone(deps, id, (tx) => claimSilent(tx, id));
}

/** One session that cannot be told of must not silence the others. */
async function tellAlone(deps: Deps, id: string, claim: Claim): Promise<void> {
	try {
		await tell(deps, claim);
	} catch (error) {
		const stack = stackOf(error);
		deps.log.error({ session: id, stack }, "a session's timer failed");
	}
}

type Claim = (tx: Db) => Promise<Finding | undefined>;

interface Finding {
	session: { id: string; userId: string };
	type: "waiting" | "session_lost";
	/** The database's time in ISO 8601. */
	at: string;
	details: EventDetails;
}

async function find(deps: Deps, which: ReturnType<typeof lost>): Promise<string[]> {
	const rows = await rowsOf(
		deps.db,
		z.object({ id: z.string() }),
		sql`select id from sessions where ${which} order by last_activity_at limit ${batch}`,
	);
	return rows.map(({ id }) => id);
}

/** Claim and event are one transaction: neither a crash nor a second instance loses or doubles what is told. */
async function tell(deps: Deps, claim: Claim): Promise<void> {
	let queued = false;
	await deps.db.transaction(async (tx) => {
		const finding = await claim(tx);
		if (finding === undefined) return;
		const { session, type, at, details } = finding;
		const inside: Deps = {
			...deps,
			db: tx,
			wakeOutbox: () => {
				queued = true;
			},
		};
		await acceptEvent(inside, session, { id: deps.id(), type, occurred_at: at, details });
	});
	if (queued) deps.wakeOutbox();
}

async function claimSilent(tx: Db, id: string): Promise<Finding | undefined> {
	const [row] = await rowsOf(
		tx,
		z.object({ user_id: z.string(), at: z.string(), idle_minutes: z.number().int() }),
		sql`update sessions set waiting_told_at = now() where id = ${id} and ${silent}
			returning user_id, ${databaseTime} as at, (extract(epoch from now() - last_activity_at) / 60)::int as idle_minutes`,
	);
	if (row === undefined) return undefined;
	const details = { idle_minutes: row.idle_minutes };
	return { session: { id, userId: row.user_id }, type: "waiting", at: row.at, details };
}

/** Lost again without any activity in between is not told again. */
async function claimLost(tx: Db, id: string, options: WatchOptions): Promise<Finding | undefined> {
	const [row] = await rowsOf(
		tx,
		z.object({ user_id: z.string(), at: z.string(), told_before: z.boolean() }),
		sql`update sessions s set status = 'stale', lost_told_at = coalesce(s.lost_told_at, now())
			from (select id, lost_told_at is not null as told_before from sessions where id = ${id} and ${lost(options)} for update) before
			where s.id = before.id
			returning s.user_id, ${databaseTime} as at, before.told_before`,
	);
	if (row === undefined || row.told_before) return undefined;
	return { session: { id, userId: row.user_id }, type: "session_lost", at: row.at, details: {} };
}
