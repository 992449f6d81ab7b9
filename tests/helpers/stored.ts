import { asc, inArray } from "drizzle-orm";
import type { Db } from "../../server/db/client.ts";
import { deliveries, events, inbox, sessions } from "../../server/db/schema.ts";
import { until } from "./until.ts";

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

/** Waits until every message has left or was given up: one of the test before would take what a provider is told to answer next. */
export async function nothingUnderWay(db: Db): Promise<void> {
	const left = () => db.$count(deliveries, inArray(deliveries.state, ["pending", "leased"]));
	await until(
		async () => (await left()) === 0,
		15_000,
		async () => `${await left()} messages are still under way`,
	);
}
