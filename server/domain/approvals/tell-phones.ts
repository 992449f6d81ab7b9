import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../../db/client.ts";
import type { Deps } from "../deps.ts";
import { queueNotice } from "../queue-notice.ts";
import type { ApprovalNotice } from "./approval-notice.ts";
import type { ApprovalRow } from "./approval-row.ts";

type Tx = Pick<Db, "execute">;
type Request = Pick<ApprovalRow, "id" | "session_id" | "user_id">;

/** Takes back the messages of a request that have not left. */
export async function takeBack(tx: Tx, { id, session_id }: Request, why: string): Promise<void> {
	await tx.execute(
		sql`update deliveries set state = 'dropped', error = ${why}, settled_at = now(), updated_at = now()
			where session_id = ${session_id} and event_id = ${id} and state = 'pending'`,
	);
}

/** Tells every phone that the request reached, or is just reaching; but for the one whose person knows. Returns how many. */
export async function tellPhones(
	tx: Tx,
	deps: Pick<Deps, "id">,
	{ id, session_id, user_id }: Request,
	{ notice, but }: { notice: ApprovalNotice; but?: string | null },
): Promise<number> {
	const reached = await rowsOf(
		tx,
		z.object({ identity_id: z.string(), channel: z.string() }),
		sql`select distinct identity_id, channel from deliveries
			where session_id = ${session_id} and event_id = ${id} and state in ('leased', 'sent', 'delivered')`,
	);
	let told = 0;
	for (const { identity_id: identityId, channel } of reached) {
		if (identityId === but) continue;
		const target = { userId: user_id, identityId, channel, sessionId: session_id };
		if (await queueNotice(tx, deps, target, notice)) told += 1;
	}
	return told;
}
