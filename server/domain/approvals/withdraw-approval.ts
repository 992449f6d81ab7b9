import { sql } from "drizzle-orm";
import type { Approval, WithdrawApproval } from "../../../src/contract/approvals.ts";
import { retryDeadlock } from "../../db/errors.ts";
import { writeAudit } from "../audit.ts";
import type { Deps } from "../deps.ts";
import { noticeAbout } from "./approval-notice.ts";
import { lockApproval, shownApproval } from "./approval-row.ts";
import { type ApprovalOf, noSuchApproval } from "./read-approval.ts";
import { takeBack, tellPhones } from "./tell-phones.ts";

const whyWithdrawn = {
	terminal: "It was answered at the terminal.",
	turn_ended: "Its turn had ended.",
	session_ended: "Its session had ended.",
	cancelled: "It was cancelled.",
} as const satisfies Record<WithdrawApproval["reason"], string>;

/**
 * The phone's question is void: messages that have not left never will, and phones that have it are told. When the phone was first,
 * its answer stands, and the approval says so. Throws AppError `not_found`.
 */
export async function withdrawApproval(
	deps: Deps,
	{ sessionId, id }: ApprovalOf,
	{ reason, outcome }: WithdrawApproval,
): Promise<Approval> {
	const { approval, withdrawn } = await retryDeadlock(() =>
		deps.db.transaction(async (tx) => {
			const found = await lockApproval(tx, sql`a.id = ${id} and a.session_id = ${sessionId}`);
			if (found === undefined) throw noSuchApproval();
			if (found.state !== "open") return { approval: shownApproval(found), withdrawn: false };
			await tx.execute(
				sql`update approvals set state = 'withdrawn', withdrawn_reason = ${reason}, settled_at = now() where id = ${id}`,
			);
			await takeBack(tx, found, whyWithdrawn[reason]);
			await tellPhones(tx, deps, found, { notice: noticeAbout(found, { said: "withdrawn", reason, outcome }) });
			await writeAudit(tx, deps, {
				userId: found.user_id,
				actor: { device: found.device_id },
				action: "approval.withdraw",
				sessionId,
				outcome: "done",
				why: `#${found.number}: ${whyWithdrawn[reason]}`,
				hash: found.request_hash,
			});
			return { approval: shownApproval({ ...found, state: "withdrawn" }), withdrawn: true };
		}),
	);
	if (withdrawn) {
		deps.inboxBus.notify(id);
		deps.wakeOutbox();
	}
	return approval;
}
