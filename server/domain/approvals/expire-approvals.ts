import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../../db/client.ts";
import { retryDeadlock } from "../../db/errors.ts";
import { writeAudit } from "../audit.ts";
import type { Deps } from "../deps.ts";
import { noticeAbout } from "./approval-notice.ts";
import { selectApprovals } from "./approval-row.ts";
import { takeBack, tellPhones } from "./tell-phones.ts";

/** At most so many in one tick; the rest have theirs a second later. */
const batch = 100;

const due = z.object({ id: z.string(), session_over: z.boolean() });

/** Ends what nobody answered in time, and what waits for a session that is over. Safe on several instances at once; returns how many. */
export async function expireApprovals(deps: Deps): Promise<number> {
	const ended = await retryDeadlock(() => deps.db.transaction((tx) => expireIn(tx, deps)));
	for (const id of ended) deps.inboxBus.notify(id);
	if (ended.length > 0) deps.wakeOutbox();
	return ended.length;
}

async function expireIn(tx: Db, deps: Deps): Promise<string[]> {
	const found = await rowsOf(
		tx,
		due,
		sql`select a.id, s.status = 'ended' as session_over from approvals a join sessions s on s.id = a.session_id
			where a.state = 'open' and (a.expires_at <= now() or s.status = 'ended')
			order by a.expires_at limit ${batch} for update of a skip locked`,
	);
	for (const { id, session_over: over } of found) await endOne(tx, deps, id, over);
	return found.map(({ id }) => id);
}

async function endOne(tx: Db, deps: Deps, id: string, over: boolean): Promise<void> {
	await tx.execute(
		sql`update approvals set state = ${over ? "withdrawn" : "expired"}, settled_at = now(),
			withdrawn_reason = ${over ? "session_ended" : null} where id = ${id}`,
	);
	const [request] = await selectApprovals(tx, sql`a.id = ${id}`);
	if (request === undefined) return;
	const why = over ? "Its session had ended." : "Nobody answered it in time.";
	await takeBack(tx, request, why);
	const notice = over
		? noticeAbout(request, { said: "withdrawn", reason: "session_ended", outcome: "unknown" })
		: noticeAbout(request, { said: "expired" });
	await tellPhones(tx, deps, request, { notice });
	await writeAudit(tx, deps, {
		userId: request.user_id,
		actor: { kind: "server", label: "claude-notify" },
		action: over ? "approval.withdraw" : "approval.expire",
		sessionId: request.session_id,
		outcome: "done",
		why: `#${request.number}: ${why}`,
		hash: request.request_hash,
	});
}
