import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "./db/client.ts";

export interface LeaseOptions {
	db: Pick<Db, "execute">;
	/** What only one server instance may do at a time. */
	name: string;
	/** This instance: a UUID. */
	holder: string;
	/** How long others wait for a holder that died. It is renewed at a third of it. */
	seconds?: number;
}

/** Without a renewal for this part of the lease it counts as lost: before any other instance may take it. */
const patience = 0.8;
const releaseMs = 2000;

/**
 * Runs `work` while this instance holds the lease; undefined when another one does. The signal fires when `signal` does,
 * when another instance has the lease, and when it could not be renewed in time, whether the database refuses or says nothing.
 */
export async function withLease<T>(
	options: LeaseOptions,
	signal: AbortSignal,
	work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
	const ms = (options.seconds ?? 15) * 1000;
	const askedAt = performance.now();
	if (!(await takeLease(options, ms))) return undefined;
	const lost = new AbortController();
	// Counted from before the question, since the database counts from before its answer.
	const untilLost = (asked: number) => setTimeout(() => lost.abort(), asked + ms * patience - performance.now());
	let watchdog = untilLost(askedAt);
	let renewing: Promise<unknown> = Promise.resolve();
	async function renew(): Promise<void> {
		const asked = performance.now();
		if (!(await takeLease(options, ms))) return lost.abort();
		clearTimeout(watchdog);
		if (!over) watchdog = untilLost(asked);
	}
	const timer = setInterval(() => {
		renewing = renew().catch(() => undefined);
	}, ms / 3);
	let over = false;
	try {
		return await work(AbortSignal.any([signal, lost.signal]));
	} finally {
		over = true;
		clearInterval(timer);
		clearTimeout(watchdog);
		// A renewal that comes after the release would hold the lease for nobody; a database that says nothing holds up nothing.
		const released = renewing.then(() => release(options)).catch(() => undefined);
		await Promise.race([released, sleep(releaseMs, undefined, { ref: false })]);
	}
}

async function takeLease({ db, name, holder }: LeaseOptions, ms: number): Promise<boolean> {
	const rows = await rowsOf(
		db,
		z.object({ name: z.string() }),
		sql`insert into leases as l (name, holder, until)
			values (${name}, ${holder}, now() + ${ms}::float8 * interval '1 millisecond')
			on conflict (name) do update set holder = excluded.holder, until = excluded.until
				where l.holder = excluded.holder or l.until <= now()
			returning name`,
	);
	return rows.length > 0;
}

async function release({ db, name, holder }: LeaseOptions): Promise<void> {
	await db.execute(sql`delete from leases where name = ${name} and holder = ${holder}`);
}
