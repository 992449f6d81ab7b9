import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "../db/client.ts";
import { statement } from "../db/statement.ts";
import { AppError } from "../errors.ts";
import type { Policy } from "./policy.ts";

const instant = z.coerce.date().nullable();

/** What a policy is made of: the columns of `policyColumns`. */
export const policyRow = z.object({
	now_ms: z.number(),
	time_zone: z.string(),
	settings: z.unknown(),
	muted_until: instant,
	session_muted_until: instant,
	attended_at: instant,
	present: z.boolean(),
});

/** For a select from sessions `s` and users `u`. */
export const policyColumns = sql`(extract(epoch from now()) * 1000)::float8 as now_ms, u.time_zone, u.settings, u.muted_until,
	s.muted_until as session_muted_until, s.attended_at, s.present`;

export function policyOf(row: z.infer<typeof policyRow>): Policy {
	return {
		now: new Date(row.now_ms),
		timeZone: row.time_zone,
		settings: row.settings,
		mutedUntil: row.muted_until,
		sessionMutedUntil: row.session_muted_until,
		attendedAt: row.attended_at,
		present: row.present,
	};
}

const read = statement(
	policyRow,
	["session"],
	(p) => sql`select ${policyColumns} from sessions s join users u on u.id = s.user_id where s.id = ${p.session}::uuid`,
);

/** Throws AppError `session_not_found`. */
export async function readPolicy(db: Pick<Db, "execute">, sessionId: string): Promise<Policy> {
	const [row] = await read(db, { session: sessionId });
	if (row === undefined) throw new AppError("session_not_found", "There is no such session.");
	return policyOf(row);
}
