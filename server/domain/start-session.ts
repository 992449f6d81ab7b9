import { and, asc, eq, isNotNull, sql } from "drizzle-orm";
import type { SessionStarted, StartSession } from "../../src/contract/sessions.ts";
import type { Db } from "../db/client.ts";
import { sqlState, uniqueViolation } from "../db/errors.ts";
import { sessions } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";
import { freeHandle } from "./handles.ts";
import { plainLine } from "./plain-text.ts";
import { sessionTokenHash } from "./secrets.ts";

/** Who starts it: a login of the user on this device. */
export interface Starter {
	userId: string;
	deviceId: string;
}

type Tx = Pick<Db, "select" | "insert" | "update">;

/** Two starts of one user at the same moment can want the same letter; the loser looks again. */
const tries = 8;

/** Begins to monitor a session. One that was lost or stopped begins anew with a new token; throws AppError `conflict` for an active one. */
export async function startSession(deps: Deps, starter: Starter, input: StartSession): Promise<SessionStarted> {
	for (let left = tries; ; left--) {
		try {
			return await deps.db.transaction((tx) => startOnce(tx, deps, starter, input));
		} catch (error) {
			if (left <= 1 || sqlState(error) !== uniqueViolation) throw error;
		}
	}
}

async function startOnce(tx: Tx, deps: Deps, starter: Starter, input: StartSession): Promise<SessionStarted> {
	const known = await findKnown(tx, starter, input);
	if (known?.status === "active") {
		throw new AppError("conflict", "Session already monitoring. Use /notify-stop first.", {
			details: { session_id: known.id, handle: known.handle },
		});
	}
	const token = deps.secret(32);
	const id = known?.id ?? deps.id();
	const monitoringId = deps.id();
	const handle = known?.handle ?? (await takeHandle(tx, starter.userId));
	const monitored = {
		...starter,
		handle,
		description: plainLine(input.description) || "session",
		folder: input.cwd,
		hostname: input.hostname,
		status: "active",
		tokenHash: sessionTokenHash(deps, token),
		monitoringId,
		heartbeatIntervalMs: input.heartbeat_interval_ms,
		inactivityThresholdMs: input.inactivity_threshold_ms,
	} as const;
	if (known === undefined) {
		await tx.insert(sessions).values({ ...monitored, id, agent: input.agent, agentSessionId: input.claude_session_id });
	} else {
		await tx
			.update(sessions)
			.set({ ...monitored, ...asNew })
			.where(eq(sessions.id, id));
	}
	return { session_id: id, session_token: token, monitoring_id: monitoringId, handle };
}

/** A session that begins again has no past but its events. */
const asNew = {
	startedAt: sql`now()`,
	lastActivityAt: sql`now()`,
	lastHeartbeatAt: sql`now()`,
	waitingToldAt: null,
	lostToldAt: null,
	mutedUntil: null,
	attendedAt: null,
	present: false,
	endedAt: null,
	endReason: null,
};

async function findKnown(tx: Tx, { userId }: Starter, { agent, claude_session_id }: StartSession) {
	const [known] = await tx
		.select({ id: sessions.id, status: sessions.status, handle: sessions.handle })
		.from(sessions)
		.where(and(eq(sessions.userId, userId), eq(sessions.agent, agent), eq(sessions.agentSessionId, claude_session_id)))
		.for("update");
	return known;
}

/** A letter that means no other session of the user's. Were all taken, the one that ended first gives its own up. */
async function takeHandle(tx: Tx, userId: string): Promise<string> {
	const holders = await tx
		.select({ id: sessions.id, handle: sessions.handle, status: sessions.status })
		.from(sessions)
		.where(and(eq(sessions.userId, userId), isNotNull(sessions.handle)))
		.orderBy(asc(sessions.endedAt), asc(sessions.lastHeartbeatAt));
	const free = freeHandle(new Set(holders.map(({ handle }) => handle ?? "")));
	if (free !== undefined) return free;
	const oldest = holders.find(({ status }) => status !== "active");
	if (oldest?.handle == null) throw new AppError("conflict", "Too many sessions are monitored. Stop one first.");
	await tx.update(sessions).set({ handle: null }).where(eq(sessions.id, oldest.id));
	return oldest.handle;
}
