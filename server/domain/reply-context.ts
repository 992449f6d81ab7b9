import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../db/client.ts";
import type { Addressee } from "./route-reply.ts";
import type { Sender } from "./store-reply.ts";

const sessionRow = z.object({
	id: z.string(),
	handle: z.string(),
	description: z.string(),
	status: z.enum(["active", "stale", "ended"]),
});

export interface Candidate extends Addressee {
	/** Its machine has not been heard of for a while. */
	stale: boolean;
}

/** What a reply could be for, in the order of the letters. */
export async function candidatesOf(tx: Pick<Db, "execute">, userId: string): Promise<Candidate[]> {
	const rows = await rowsOf(
		tx,
		sessionRow,
		sql`select id, handle, description, status from sessions
			where user_id = ${userId} and handle is not null
			and (status <> 'ended' or ended_at > now() - interval '24 hours')
			order by handle`,
	);
	return rows.map(({ status, ...session }) => ({ ...session, ended: status === "ended", stale: status === "stale" }));
}

const notifiedRow = z.object({ session_id: z.string() });

/** The session that the newest message on this address was about, when that is less than 30 minutes old. */
export async function lastNotified(tx: Pick<Db, "execute">, { identityId }: Sender): Promise<string | undefined> {
	const [row] = await rowsOf(
		tx,
		notifiedRow,
		sql`select session_id from deliveries
			where identity_id = ${identityId} and session_id is not null
			and state in ('sent', 'delivered') and sent_at > now() - interval '30 minutes'
			order by sent_at desc limit 1`,
	);
	return row?.session_id;
}
