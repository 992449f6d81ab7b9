import { and, eq, notInArray, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { rateSlots, sessions } from "../db/schema.ts";
import { eventLimits } from "./limits.ts";

/**
 * Who answers from the phone waits there for what comes of it: the session's next message of each type may leave at once,
 * though the window of the last one runs and they were at the computer before. The daily cap and the cap of permissions and questions stay as they are.
 */
export async function freeSlots(tx: Pick<Db, "update">, sessionId: string): Promise<void> {
	await tx
		.update(rateSlots)
		.set({ used: sql`0` })
		.where(and(eq(rateSlots.scope, `session:${sessionId}`), notInArray(rateSlots.kind, [...eventLimits.urgent.types])));
	await tx.update(sessions).set({ attendedAt: null }).where(eq(sessions.id, sessionId));
}
