import { sql } from "drizzle-orm";
import { z } from "zod";
import {
	type Approval,
	approvalDecision,
	approvalKinds,
	approvalQuestion,
	approvalStates,
} from "../../../src/contract/approvals.ts";
import { type Db, rowsOf } from "../../db/client.ts";

const row = z.object({
	id: z.string(),
	session_id: z.string(),
	user_id: z.string(),
	kind: z.enum(approvalKinds),
	number: z.number().int(),
	code: z.string(),
	tool_name: z.string().nullable(),
	summary: z.string(),
	request_hash: z.string(),
	session_grant: z.string().nullable(),
	questions: z.array(approvalQuestion),
	answers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
	confirm_code: z.string().nullable(),
	wrong_codes: z.number().int(),
	state: z.enum(approvalStates),
	decision: approvalDecision.nullable(),
	answered_by: z.string().nullable(),
	withdrawn_reason: z.string().nullable(),
	receipt: z.string().nullable(),
	expires_ms: z.number(),
	now_ms: z.number(),
	handle: z.string().nullable(),
	description: z.string(),
	device_id: z.string(),
	ended: z.boolean(),
});

/** A request with what is known of its session, at one instant of the database's clock. */
export type ApprovalRow = z.infer<typeof row>;

const ms = (column: ReturnType<typeof sql>) => sql`(extract(epoch from ${column}) * 1000)::float8`;

/** What nobody answered in time is over, whether or not the timer has come by. */
const columns = sql`a.id, a.session_id, a.user_id, a.kind, a.number, a.code, a.tool_name, a.summary, a.request_hash, a.session_grant,
	a.questions, a.answers, a.confirm_code, a.wrong_codes, a.decision, a.answered_by, a.withdrawn_reason, a.receipt,
	case when a.state = 'open' and a.expires_at <= now() then 'expired' else a.state end as state,
	${ms(sql`a.expires_at`)} as expires_ms, ${ms(sql`now()`)} as now_ms,
	s.handle, s.description, s.device_id, s.status = 'ended' as ended`;

/** The requests that `which` finds, in the order in which they were made; `a` is the approval, `s` its session. */
export function selectApprovals(db: Pick<Db, "execute">, which: ReturnType<typeof sql>): Promise<ApprovalRow[]> {
	return rowsOf(
		db,
		row,
		sql`select ${columns} from approvals a join sessions s on s.id = a.session_id where ${which} order by a.created_at, a.id`,
	);
}

/** The one request, which nobody else changes until the transaction ends. */
export async function lockApproval(
	tx: Pick<Db, "execute">,
	which: ReturnType<typeof sql>,
): Promise<ApprovalRow | undefined> {
	const [locked] = await rowsOf(
		tx,
		z.object({ id: z.string() }),
		sql`select a.id from approvals a where ${which} for update`,
	);
	if (locked === undefined) return undefined;
	const [found] = await selectApprovals(tx, sql`a.id = ${locked.id}`);
	return found;
}

/** As its session sees it. */
export function shownApproval(found: ApprovalRow): Approval {
	const { id, number, kind, state, request_hash, expires_ms, decision } = found;
	return { id, number, kind, state, request_hash, expires_at: new Date(expires_ms).toISOString(), decision };
}
