import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { mute } from "../../src/contract/settings.ts";
import { type Db, rowsOf } from "../db/client.ts";
import { AppError } from "../errors.ts";

type Tx = Pick<Db, "execute">;

const mutedRow = z.object({
	now_ms: z.number(),
	until_ms: z.number().nullable(),
	all_ms: z.number().nullable(),
	time_zone: z.string(),
});

export interface Muted {
	/** Undefined when it is over. */
	until: Date | undefined;
	/** Until when everything of the user's is muted, this session or not. */
	allUntil: Date | undefined;
	now: Date;
	timeZone: string;
}

/** Nothing of the user's leaves for so many seconds; 0: from now on again. Throws AppError `not_found` for a session that is not theirs. */
export function muteFor({ db }: { db: Tx }, userId: string, wish: z.infer<typeof mute>): Promise<Muted> {
	const { session_id: sessionId, seconds } = wish;
	return sessionId === undefined ? muteAll(db, userId, seconds) : muteSession(db, userId, { sessionId, seconds });
}

/** All sessions of the user, those that come too. With 0 the mute of each single session is over as well. */
export async function muteAll(tx: Tx, userId: string, seconds: number): Promise<Muted> {
	if (seconds === 0) await tx.execute(sql`update sessions set muted_until = null where user_id = ${userId}`);
	return muted(
		await rowsOf(
			tx,
			mutedRow,
			sql`update users set muted_until = ${end(seconds)}, ${lookAgain} where id = ${userId} returning ${columns(sql`users.muted_until`)}`,
		),
	);
}

export async function muteSession(
	tx: Tx,
	userId: string,
	{ sessionId, seconds }: { sessionId: string; seconds: number },
): Promise<Muted> {
	return muted(
		await rowsOf(
			tx,
			mutedRow,
			sql`with one as (
				update sessions set muted_until = ${end(seconds)}
				where id = ${sessionId} and user_id = ${userId} and status <> 'ended' returning muted_until
			)
			update users set ${lookAgain} from one where users.id = ${userId} returning ${columns(sql`one.muted_until`)}`,
		),
	);
}

function end(seconds: number): SQL {
	return seconds === 0 ? sql`null` : sql`now() + ${seconds}::int * interval '1 second'`;
}

/** What was held back until another time may be told now. */
const lookAgain = sql`digest_at = case when digest_at is not null then now() end`;

function columns(until: SQL): SQL {
	const ms = (instant: SQL) => sql`(extract(epoch from ${instant}) * 1000)::float8`;
	return sql`${ms(sql`now()`)} as now_ms, ${ms(until)} as until_ms,
		case when users.muted_until > now() then ${ms(sql`users.muted_until`)} end as all_ms, time_zone`;
}

function muted([row]: z.infer<typeof mutedRow>[]): Muted {
	if (row === undefined) throw new AppError("not_found", "There is no such session.");
	const dateOf = (ms: number | null) => (ms === null ? undefined : new Date(ms));
	return {
		until: dateOf(row.until_ms),
		allUntil: dateOf(row.all_ms),
		now: new Date(row.now_ms),
		timeZone: row.time_zone,
	};
}
