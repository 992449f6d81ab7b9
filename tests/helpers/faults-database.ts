import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inArray, isNotNull } from "drizzle-orm";
import { type Database, openDatabase } from "../../server/db/client.ts";
import { isConnectionLoss } from "../../server/db/errors.ts";
import { deliveries } from "../../server/db/schema.ts";

const migrationsFolder = resolve(import.meta.dirname, "../../server/db/migrations");

/** The server's database, opened beside it (PostgreSQL) or while it is down (PGlite). */
export function openBeside(url: string | undefined, dataDir: string): Promise<Database> {
	return openDatabase({ url, dataDir, migrationsFolder, onError: () => undefined });
}

/** Asks again while the database is away. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
	for (let left = 200; ; left--) {
		try {
			return await ask();
		} catch (error) {
			if (left === 0 || !isConnectionLoss(error)) throw error;
			await sleep(100);
		}
	}
}

/** What no provider's answer was noted for. The embedded database forgets a claim that a kill came after at once: that is pending again. */
export async function underWay({ db }: Database): Promise<ReadonlySet<string>> {
	const rows = await db
		.select({ id: deliveries.id })
		.from(deliveries)
		.where(inArray(deliveries.state, ["pending", "leased"]));
	return new Set(rows.map(({ id }) => id));
}

export interface StoredMessages {
	/** From event id to delivery id. */
	byEvent: ReadonlyMap<string, string>;
	states: Record<string, number>;
}

export async function storedMessages({ db }: Database): Promise<StoredMessages> {
	const rows = await db
		.select({ id: deliveries.id, event: deliveries.eventId, state: deliveries.state })
		.from(deliveries)
		.where(isNotNull(deliveries.eventId));
	const states: Record<string, number> = {};
	for (const { state } of rows) states[state] = (states[state] ?? 0) + 1;
	return { byEvent: new Map(rows.map(({ id, event }) => [event ?? "", id])), states };
}
