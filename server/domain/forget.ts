import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../db/client.ts";
import { arrayText } from "../db/statement.ts";
import type { Deps } from "./deps.ts";

/** What was said in sessions, and what commands printed, is nobody's business for longer. */
const kept = sql`interval '90 days'`;
/** Rows, or sessions, of one statement: what waits for its locks must not wait long. */
const atOnce = 200;

/**
 * Deletes what is older than 90 days: sessions since their end with all that hangs on them, messages, commands and the texts of
 * scripts since they came, tokens since they expired. Addresses, settings and devices stay.
 */
export async function forget({ db }: Pick<Deps, "db">): Promise<void> {
	while ((await forgetSessions(db)) === atOnce);
	for (const old of [oldDeliveries, oldEventsOfCommands, oldTasks, oldTokens])
		while ((await remove(db, old)) === atOnce);
}

async function forgetSessions(db: Db): Promise<number> {
	return db.transaction(async (tx) => {
		const old = await rowsOf(
			tx,
			z.object({ id: z.string() }),
			sql`select id from sessions where status = 'ended' and agent <> 'command-line' and ended_at < now() - ${kept}
				order by id limit ${atOnce} for update skip locked`,
		);
		if (old.length === 0) return 0;
		const all = sql`${arrayText(old.map(({ id }) => id))}::uuid[]`;
		const ids = sql`any (${all})`;
		await tx.execute(sql`delete from inbox where session_id = ${ids} or resumes_id = ${ids}`);
		await tx.execute(sql`update tasks set session_id = null where session_id = ${ids}`);
		for (const table of ["approvals", "threads", "events"]) {
			await tx.execute(sql`delete from ${sql.identifier(table)} where session_id = ${ids}`);
		}
		await tx.execute(
			sql`delete from rate_slots where scope in (select 'session:' || id from unnest(${all}) as gone (id))`,
		);
		await tx.execute(sql`delete from sessions where id = ${ids}`);
		return old.length;
	});
}

const oldDeliveries = sql`delete from deliveries where id in (
	select id from deliveries where created_at < now() - ${kept} and state not in ('pending', 'leased') limit ${atOnce}
) returning 1 as one`;

/** The texts and ends that the command line told: they hang on a session that never ends. */
const oldEventsOfCommands = sql`delete from events where (session_id, id) in (
	select e.session_id, e.id from sessions s join events e on e.session_id = s.id
	where s.agent = 'command-line' and e.accepted_at < now() - ${kept} limit ${atOnce}
) returning 1 as one`;

const oldTasks = sql`delete from tasks where id in (
	select id from tasks where started_at < now() - ${kept} limit ${atOnce}
) returning 1 as one`;

/** A login leaves a new one every day or two. All of a revoked login are revoked, so that no older one's end brings it back. */
const oldTokens = sql`delete from refresh_tokens where id in (
	select id from refresh_tokens where expires_at < now() - ${kept} limit ${atOnce}
) returning 1 as one`;

async function remove(db: Db, statement: SQL): Promise<number> {
	return (await rowsOf(db, z.object({ one: z.number() }), statement)).length;
}
