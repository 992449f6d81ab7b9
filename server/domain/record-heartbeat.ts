import { and, eq, ne, sql } from "drizzle-orm";
import { z } from "zod";
import { type Heartbeat, sessionStatuses } from "../../src/contract/sessions.ts";
import { rowsOf } from "../db/client.ts";
import { sqlState, uniqueViolation } from "../db/errors.ts";
import { sessions } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";
import { readPolicySettings } from "./policy-settings.ts";

const beat = z.object({ status: z.enum(sessionStatuses), settings: z.unknown() });

/** What the machine has to know. */
interface Beat {
	status: z.infer<typeof beat>["status"];
	/** Seconds between messages about a turn that runs; 0 for none. */
	progress: number;
}

/**
 * A sign of life. How long ago the last activity was is taken from the machine (the distance of its own two instants, so its clock may be wrong)
 * and laid on the database's clock. Heartbeats alone move no timer but their own.
 */
export async function recordHeartbeat(deps: Deps, sessionId: string, heartbeat: Heartbeat): Promise<Beat> {
	const before = (instant: string) => {
		const ms = Math.max(0, Date.parse(heartbeat.timestamp) - Date.parse(instant));
		return sql`now() - ${ms}::float8 * interval '1 millisecond'`;
	};
	const activity = before(heartbeat.last_activity);
	const attended = typeof heartbeat.attended === "string" ? before(heartbeat.attended) : sql`null::timestamptz`;
	// The time that a heartbeat travels varies: less than this is the same activity told again.
	const real = sql`(${activity} > last_activity_at + interval '2 seconds')`;
	const [row] = await rowsOf(
		deps.db,
		beat,
		sql`update sessions set
			status = 'active',
			last_heartbeat_at = now(),
			last_activity_at = case when ${real} then ${activity} else last_activity_at end,
			waiting_told_at = case when ${real} then null else waiting_told_at end,
			lost_told_at = case when ${real} then null else lost_told_at end,
			attended_at = case when abs(extract(epoch from ${attended} - attended_at)) < 2 then attended_at else ${attended} end,
			present = ${heartbeat.present ?? false}::boolean
			where id = ${sessionId} and status <> 'ended'
			returning status, (select settings from users where users.id = sessions.user_id) as settings`,
	);
	if (row === undefined) throw new AppError("session_not_found", "This session is not monitored any more.");
	if (heartbeat.claude_session_id !== undefined) await rebind(deps, sessionId, heartbeat.claude_session_id);
	return { status: row.status, progress: readPolicySettings(row.settings).progress };
}

/** /clear gave the agent a new id. A session that is over and had it lets it go; an active one keeps it, and this one its old. */
async function rebind(deps: Deps, sessionId: string, agentSessionId: string): Promise<void> {
	const [own] = await deps.db.select().from(sessions).where(eq(sessions.id, sessionId));
	if (own === undefined || own.agentSessionId === agentSessionId) return;
	const sameId = and(
		eq(sessions.userId, own.userId),
		eq(sessions.agent, own.agent),
		eq(sessions.agentSessionId, agentSessionId),
	);
	try {
		await deps.db.transaction(async (tx) => {
			await tx
				.update(sessions)
				.set({ agentSessionId: sql`'replaced:' || ${sessions.id}` })
				.where(and(sameId, ne(sessions.status, "active")));
			await tx.update(sessions).set({ agentSessionId }).where(eq(sessions.id, sessionId));
		});
	} catch (error) {
		if (sqlState(error) !== uniqueViolation) throw error;
		deps.log.warn({ session: sessionId }, "another active session has this agent session id");
	}
}
