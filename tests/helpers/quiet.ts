import { sql } from "drizzle-orm";
import type { Db } from "../../server/db/client.ts";

const two = (n: number) => String(n).padStart(2, "0");
/** The wall clock in UTC, so many minutes from now. */
function clock(minutes: number): string {
	const at = new Date(Date.now() + minutes * 60_000);
	return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

async function setQuiet(db: Db, userId: string, quiet: string): Promise<void> {
	await db.execute(
		sql`update users set time_zone = 'UTC', settings = settings || ${JSON.stringify({ quiet })}::jsonb where id = ${userId}`,
	);
}

/** The user is in the middle of their quiet hours. */
export function quietFor(db: Db, userId: string): Promise<void> {
	return setQuiet(db, userId, `${clock(-60)}-${clock(60)}`);
}

/** The same quiet hours have just ended: the clock cannot be moved, so the hours are. */
export async function quietIsOver(db: Db, userId: string): Promise<void> {
	await setQuiet(db, userId, `${clock(-120)}-${clock(-1)}`);
	await db.execute(
		sql`update users set digest_at = now() - interval '3 seconds' where id = ${userId} and digest_at is not null`,
	);
}

/** A zone where it is between six and seven in the evening: its midnight is near. */
export function zoneOfEvening(): string {
	const east = 18 - new Date().getUTCHours();
	const offset = east > 12 ? east - 24 : east;
	return `Etc/GMT${offset > 0 ? "-" : "+"}${Math.abs(offset)}`;
}
