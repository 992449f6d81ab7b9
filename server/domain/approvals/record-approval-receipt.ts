import { sql } from "drizzle-orm";
import type { z } from "zod";
import type { Approval, approvalReceipt } from "../../../src/contract/approvals.ts";
import { AppError } from "../../errors.ts";
import { writeAudit } from "../audit.ts";
import type { Deps } from "../deps.ts";
import { queueNotice } from "../queue-notice.ts";
import { noticeAbout } from "./approval-notice.ts";
import { lockApproval, shownApproval } from "./approval-row.ts";
import { type ApprovalOf, noSuchApproval } from "./read-approval.ts";

/** What the session made of the phone's decision; the first receipt counts. Too late: the phone that decided is told. */
export async function recordApprovalReceipt(
	deps: Deps,
	{ sessionId, id }: ApprovalOf,
	{ state }: z.infer<typeof approvalReceipt>,
): Promise<Approval> {
	const { approval, told } = await deps.db.transaction(async (tx) => {
		const found = await lockApproval(tx, sql`a.id = ${id} and a.session_id = ${sessionId}`);
		if (found === undefined) throw noSuchApproval();
		if (found.decision === null) throw new AppError("conflict", "Nobody has answered it from the phone.");
		const approval = shownApproval(found);
		if (found.receipt !== null) return { approval, told: false };
		await tx.execute(sql`update approvals set receipt = ${state} where id = ${id}`);
		if (state === "applied") return { approval, told: false };
		await writeAudit(tx, deps, {
			userId: found.user_id,
			actor: { device: found.device_id },
			action: "approval.too_late",
			sessionId,
			outcome: "refused",
			why: `#${found.number}: the terminal had answered before the phone's answer came.`,
			hash: found.request_hash,
		});
		if (found.answered_by === null) return { approval, told: false };
		const { channel } = found.decision.from;
		const target = { userId: found.user_id, identityId: found.answered_by, channel, sessionId };
		return { approval, told: await queueNotice(tx, deps, target, noticeAbout(found, { said: "too_late" })) };
	});
	if (told) deps.wakeOutbox();
	return approval;
}
