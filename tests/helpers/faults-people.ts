import { randomBytes } from "node:crypto";
import { uuidv7 } from "uuidv7";
import { createVault } from "../../server/auth/vault.ts";
import type { Db } from "../../server/db/client.ts";
import { sessionTokenHash } from "../../server/domain/secrets.ts";
import type { EventType } from "../../src/contract/events.ts";
import { addSession, addUser, testDeps } from "./fixture.ts";

/** A session that may report events, and the phone that hears of them. */
export interface Reporter {
	sessionId: string;
	token: string;
	phone: string;
}

/** What a server and whoever fills its database have to share. */
export const sharedKey = () => randomBytes(32).toString("base64");

/** Silent for a day: these sessions speak only when the test does. */
const quiet = { heartbeatIntervalMs: 3_600_000, inactivityThresholdMs: 86_400_000, handle: null };

export async function addReporters(db: Db, dataKey: string, count: number): Promise<Reporter[]> {
	const deps = testDeps(db, [], { vault: createVault(Buffer.from(dataKey, "base64")) });
	const reporters: Reporter[] = [];
	for (let n = 0; n < count; n++) {
		const user = await addUser(deps);
		const token = randomBytes(32).toString("base64url");
		const session = await addSession(deps, user, { ...quiet, tokenHash: sessionTokenHash(deps, token) });
		reporters.push({ sessionId: session.id, token, phone: user.addresses[0] ?? "" });
	}
	return reporters;
}

/** All that one session may say in an hour without being limited: 29 SMS of the 30 of a day. */
const script: EventType[] = [
	"done",
	"error",
	"waiting",
	"session_lost",
	"task_finished",
	...Array.from({ length: 12 }, (): EventType => "permission"),
	...Array.from({ length: 12 }, (): EventType => "question"),
];
export const eventsEach = script.length;

export interface PlannedEvent {
	id: string;
	type: EventType;
	by: Reporter;
}

/** So many events of the reporters in turn, each of which has to arrive. */
export function planEvents(reporters: readonly Reporter[], count: number): PlannedEvent[] {
	return Array.from({ length: count }, (_, n) => {
		const by = reporters[n % reporters.length];
		const type = script[Math.floor(n / reporters.length)];
		if (by === undefined || type === undefined) throw new Error("There are too few reporters for so many events.");
		return { id: uuidv7(), type, by };
	});
}
