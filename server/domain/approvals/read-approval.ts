import { sql } from "drizzle-orm";
import type { Approval } from "../../../src/contract/approvals.ts";
import type { Db } from "../../db/client.ts";
import { AppError } from "../../errors.ts";
import type { Waiting } from "../delivery-report.ts";
import type { Deps } from "../deps.ts";
import { selectApprovals, shownApproval } from "./approval-row.ts";

export interface ApprovalOf {
	sessionId: string;
	id: string;
}

/** An approval of the session's. Throws AppError `not_found` for any other id. */
export async function readApproval(
	{ db }: { db: Pick<Db, "execute"> },
	{ sessionId, id }: ApprovalOf,
): Promise<Approval> {
	const [found] = await selectApprovals(db, sql`a.id = ${id} and a.session_id = ${sessionId}`);
	if (found === undefined) throw noSuchApproval();
	return shownApproval(found);
}

export function noSuchApproval(): AppError {
	return new AppError("not_found", "This session has no such approval.");
}

/** What another instance was told comes as a hint, and hints can be lost. */
const lookAgainMs = 1500;

/** The same, as soon as it is no longer open or `waitMs` have passed. */
export async function waitForApproval(
	deps: Pick<Deps, "db" | "inboxBus">,
	approval: ApprovalOf,
	{ waitMs, signal, stopped }: Waiting,
): Promise<Approval> {
	const over = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
	for (;;) {
		const leave = new AbortController();
		// Registered before the look: an answer between the two must not be missed.
		const woken = deps.inboxBus.wait(approval.id, lookAgainMs, AbortSignal.any([over, leave.signal]));
		try {
			const found = await readApproval(deps, approval);
			if (found.state !== "open" || over.aborted || stopped()) return found;
			await woken;
		} finally {
			leave.abort();
		}
	}
}
