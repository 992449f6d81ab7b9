import { sql } from "drizzle-orm";
import { z } from "zod";
import type { ChannelName } from "../../src/contract/channels.ts";
import { type Db, rowsOf } from "../db/client.ts";
import type { Deps } from "./deps.ts";
import type { Notice } from "./notice.ts";

export interface NoticeTarget {
	userId: string;
	identityId: string;
	channel: ChannelName;
	/** The session that the notice is about: a later reply without a handle goes to it. */
	sessionId?: string | undefined;
}

/**
 * Puts a notice into the outbox, in the caller's transaction; the caller wakes the worker after commit.
 * False when the address opted out: whoever said STOP hears nothing, whatever they write.
 */
export async function queueNotice(
	tx: Pick<Db, "execute">,
	deps: Pick<Deps, "id">,
	{ userId, identityId, channel, sessionId }: NoticeTarget,
	notice: Notice,
): Promise<boolean> {
	const queued = await rowsOf(
		tx,
		z.object({ id: z.string() }),
		sql`insert into deliveries (id, user_id, identity_id, channel, session_id, notice, deadline_at)
			select ${deps.id()}::uuid, ${userId}::uuid, id, ${channel}, ${sessionId ?? null}::uuid,
				${JSON.stringify(notice)}::jsonb, now() + interval '10 minutes'
			from identities where id = ${identityId} and opted_out_at is null and removed_at is null
			returning id`,
	);
	return queued.length > 0;
}
