import { type SQL, sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import type { Deps } from "../deps.ts";

/** So much text is kept for a user; of the oldest logs beyond it only hash and length stay. */
const maxBytesOfUser = 256 * 1024 * 1024;

type Tx = Pick<Db, "execute">;

/** Puts away the text of logs after 30 days (hash and length stay with the task), and uploads that never ended. */
export async function pruneLogs({ db }: Pick<Deps, "db">): Promise<void> {
	await db.execute(sql`delete from task_logs where stored_at is null and created_at < now() - interval '1 hour'`);
	const old = sql`select id from task_logs where chunks > 0 and stored_at < now() - interval '30 days'`;
	await db.transaction((tx) => dropText(tx, old));
}

/** Puts away the text of a user's oldest logs, where there are too many. */
export async function dropBeyond(tx: Tx, userId: string): Promise<void> {
	const newestFirst = sql`select id, sum(bytes) over (order by stored_at desc, id desc) as total
		from task_logs where user_id = ${userId} and stored_at is not null and chunks > 0`;
	await dropText(tx, sql`select id from (${newestFirst}) as kept where total > ${maxBytesOfUser}`);
}

async function dropText(tx: Tx, ids: SQL): Promise<void> {
	await tx.execute(sql`delete from task_log_chunks where log_id in (${ids})`);
	await tx.execute(sql`update task_logs set chunks = 0 where id in (${ids})`);
}
