import { sql } from "drizzle-orm";
import { z } from "zod";
import { type EventDetails, eventTypes } from "../../src/contract/events.ts";
import { type Db, rowsOf } from "../db/client.ts";
import { clockWords } from "./clock-words.ts";
import { eventWords } from "./event-words.ts";
import { cutToCost } from "./fit-text.ts";
import type { SessionNews } from "./notice.ts";
import { plainLine } from "./plain-text.ts";

const row = z.object({
	id: z.string(),
	handle: z.string(),
	description: z.string(),
	status: z.enum(["active", "stale", "ended"]),
	now_ms: z.number(),
	muted_ms: z.number().nullable(),
	time_zone: z.string(),
	type: z.enum(eventTypes).nullable(),
	details: z.custom<EventDetails>((value) => typeof value === "object").nullable(),
	said_ms: z.number().nullable(),
	activity_ms: z.number(),
	open: z.coerce.number(),
});

const ms = (instant: string) => sql.raw(`(extract(epoch from ${instant}) * 1000)::float8`);
const maxSaid = 80;
/** The state of one session has the room of a whole message. */
const maxSaidAlone = 300;

/** What the user's live sessions, or the one named, said last and since when, in the order of the letters and in the user's clock. */
export async function sessionNews(tx: Pick<Db, "execute">, userId: string, only?: string): Promise<SessionNews[]> {
	const chosen = only === undefined ? sql`s.status <> 'ended'` : sql`s.id = ${only}::uuid`;
	const rows = await rowsOf(
		tx,
		row,
		sql`select s.id, s.handle, s.description, s.status, u.time_zone, ${ms("now()")} as now_ms,
				case when greatest(s.muted_until, u.muted_until) > now() then ${ms("greatest(s.muted_until, u.muted_until)")} end as muted_ms,
				e.type, e.details, ${ms("e.accepted_at")} as said_ms, ${ms("s.last_activity_at")} as activity_ms,
				(select count(*) from approvals a where a.session_id = s.id and a.state = 'open' and a.expires_at > now()) as open
			from sessions s join users u on u.id = s.user_id
			left join lateral (
				select type, details, accepted_at from events
				where session_id = s.id order by accepted_at desc, id desc limit 1
			) e on true
			where s.user_id = ${userId}::uuid and s.handle is not null and ${chosen} order by s.handle`,
	);
	return rows.map((each) => newsOf(each, only === undefined ? maxSaid : maxSaidAlone));
}

function newsOf(each: z.infer<typeof row>, room: number): SessionNews {
	const reader = { now: new Date(each.now_ms), timeZone: each.time_zone };
	const clock = (at: number | null) => (at === null ? undefined : clockWords(new Date(at), reader));
	return {
		handle: each.handle,
		description: each.description,
		status: each.status,
		said: each.type === null ? undefined : cutToCost(saidIn(each.type, each.details ?? {}), room, "unicode"),
		since: clock(each.said_ms ?? each.activity_ms) ?? "",
		mutedUntil: clock(each.muted_ms),
		open: each.open,
	};
}

function saidIn(type: NonNullable<z.infer<typeof row>["type"]>, details: EventDetails): string {
	const { label, text } = eventWords(type, details);
	return plainLine(`${label}${text}`);
}
