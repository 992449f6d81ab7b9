import { asc } from "drizzle-orm";
import type { Db } from "../../server/db/client.ts";
import { events, inbox, sessions } from "../../server/db/schema.ts";

/** Types of all accepted events, in the order in which they were accepted. */
export async function eventTypesOf(db: Db): Promise<string[]> {
	const rows = await db.select({ type: events.type }).from(events).orderBy(asc(events.acceptedAt), asc(events.id));
	return rows.map((row) => row.type);
}

export async function sessionStatusesOf(db: Db): Promise<string[]> {
	const rows = await db.select({ status: sessions.status }).from(sessions).orderBy(asc(sessions.createdAt));
	return rows.map((row) => row.status);
}

/** When the newest heartbeat came, in milliseconds since 1970. */
export async function lastHeartbeatOf(db: Db): Promise<number> {
	const rows = await db.select({ at: sessions.lastHeartbeatAt }).from(sessions);
	return Math.max(...rows.map((row) => row.at.getTime()));
}

export async function inboxStatesOf(db: Db): Promise<string[]> {
	const rows = await db.select({ state: inbox.state }).from(inbox).orderBy(asc(inbox.seq));
	return rows.map((row) => row.state);
}
