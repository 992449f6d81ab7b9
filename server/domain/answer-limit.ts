import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../db/client.ts";
import type { Sender } from "./store-reply.ts";

/** Replies to one message of a session's. */
export const answersPerMessage = 10;

interface Answer {
	sender: Sender;
	sessionId: string;
	/** The provider's id of the message that was answered, where the provider says it; else it is the session's newest. */
	message?: string | undefined;
}

const counted = z.object({ allowed: z.boolean() });

/** Takes one of a message's answers; false when it has had them all. A session that has sent nothing yet can be written to freely. */
export async function takeAnswerSlot(tx: Pick<Db, "execute">, answer: Answer): Promise<boolean> {
	const { sender, sessionId, message } = answer;
	const [row] = await rowsOf(
		tx,
		counted,
		sql`insert into rate_slots (scope, kind, class, used)
			select 'delivery:' || id, 'reply', 'message', 1 from (
				select id from deliveries
				where identity_id = ${sender.identityId} and session_id = ${sessionId} and event_id is not null
				and state in ('sent', 'delivered')
				order by coalesce(provider_id = ${message ?? ""}, false) desc, created_at desc, id desc limit 1
			) answered
			on conflict (scope, kind, class) do update set used = rate_slots.used + 1
			returning used <= ${answersPerMessage} as allowed`,
	);
	return row?.allowed ?? true;
}
