import { eq, sql } from "drizzle-orm";
import { inbox, sessions } from "../db/schema.ts";
import type { Deps } from "./deps.ts";
import { forgetHeldReplies } from "./held-reply.ts";
import { queueNotice } from "./queue-notice.ts";

/** Forgets texts that wait for their letter too long. Ends replies that no session saw in 24 hours and says so on the phone; returns how many. Safe on several instances at once. */
export async function expireInbox(deps: Deps): Promise<number> {
	await forgetHeldReplies(deps.db);
	const count = await deps.db.transaction(async (tx) => {
		const expired = await tx
			.update(inbox)
			.set({ state: "expired", leaseUntil: null })
			.where(
				sql`${inbox.id} in (select id from inbox
					where state in ('queued', 'leased', 'delivered') and expires_at <= now()
					for update skip locked)`,
			)
			.returning();
		for (const message of expired) {
			const [session] = await tx
				.select({ description: sessions.description })
				.from(sessions)
				.where(eq(sessions.id, message.sessionId));
			await queueNotice(
				tx,
				deps,
				{ ...message, sessionId: undefined, channel: message.fromChannel },
				{
					kind: "refused",
					reason: `"${session?.description ?? "The session"}" did not read it within 24 hours.`,
				},
			);
		}
		return expired.length;
	});
	if (count > 0) deps.wakeOutbox();
	return count;
}
