import { sql } from "drizzle-orm";
import type { ApprovalKind } from "../../../src/contract/approvals.ts";
import type { Db } from "../../db/client.ts";
import { nameOfRequest } from "./approval-notice.ts";
import { type ApprovalRow, selectApprovals } from "./approval-row.ts";

/** A request that waits for an answer, as a list of them shows it. */
export interface OpenRequest {
	id: string;
	sessionId: string;
	kind: ApprovalKind;
	/** `#3`, counted in its session. */
	number: number;
	/** In a few words: `Bash: rm -r build`. */
	what: string;
	expiresAt: Date;
}

/** What waits for an answer of the user's, in the order in which it was asked. */
export async function openApprovals(tx: Pick<Db, "execute">, userId: string): Promise<OpenRequest[]> {
	const rows = await openRows(tx, userId);
	return rows.map((row) => ({
		id: row.id,
		sessionId: row.session_id,
		kind: row.kind,
		number: row.number,
		what: nameOfRequest(row),
		expiresAt: new Date(row.expires_ms),
	}));
}

export function openRows(tx: Pick<Db, "execute">, userId: string): Promise<ApprovalRow[]> {
	return selectApprovals(
		tx,
		sql`a.user_id = ${userId} and a.state = 'open' and a.expires_at > now() and s.status <> 'ended'`,
	);
}
