import { sql } from "drizzle-orm";
import { z } from "zod";
import { channelName } from "../../src/contract/channels.ts";
import type { InboxMessage } from "../../src/contract/inbox.ts";
import { statement } from "../db/statement.ts";
import type { Deps } from "./deps.ts";

export interface InboxPage {
	messages: InboxMessage[];
	cursor: number;
}

export interface InboxRequest {
	sessionId: string;
	/** The cursor of the last page. A companion that just started says 0 and gets all that is not settled at once. */
	after: number;
}

const row = z.object({
	id: z.string(),
	seq: z.coerce.number(),
	ref: z.string(),
	kind: z.enum(["reply", "resume"]),
	text: z.string(),
	from_channel: channelName,
	from_label: z.string(),
	created_at: z.coerce.date(),
	resumes: z.object({ agent_session_id: z.string(), cwd: z.string(), handle: z.string() }).nullable(),
});

const pageSize = 20;

const leaseOffered = statement(
	row,
	["session", "after"],
	(p) => sql`with offered as (
			select id from inbox
			where session_id = ${p.session}::uuid and expires_at > now()
			and (state = 'queued' or (state in ('leased', 'delivered') and (lease_until <= now() or seq > ${p.after}::bigint)))
			order by seq limit ${sql.raw(String(pageSize))} for update
		)
		update inbox set
			state = case when inbox.state = 'queued' then 'leased' else inbox.state end,
			lease_until = now() + interval '30 seconds'
		from offered where inbox.id = offered.id
		returning inbox.id, seq, ref, kind, text, from_channel, from_label, created_at,
			(select json_build_object('agent_session_id', agent_session_id, 'cwd', folder, 'handle', coalesce(handle, ''))
				from sessions where sessions.id = inbox.resumes_id) as resumes`,
);

/** Leases what is offered for 30 s: new messages, those whose lease ran out, and unsettled ones that this reader has not had. */
export async function readInbox({ db }: Deps, { sessionId, after }: InboxRequest): Promise<InboxPage> {
	const rows = await leaseOffered(db, { session: sessionId, after });
	// RETURNING promises no order.
	rows.sort((a, b) => a.seq - b.seq);
	return {
		messages: rows.map((message) => ({
			id: message.id,
			ref: message.ref,
			kind: message.kind,
			text: message.text,
			from: { channel: message.from_channel, label: message.from_label },
			created_at: message.created_at.toISOString(),
			...(message.resumes === null ? {} : { resume: message.resumes }),
		})),
		cursor: Math.max(after, rows.at(-1)?.seq ?? 0),
	};
}
