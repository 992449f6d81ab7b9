import { sql } from "drizzle-orm";
import { z } from "zod";
import { type AccountStatus, sessionStatuses } from "../../src/contract/sessions.ts";
import { rowsOf } from "../db/client.ts";
import { readChannels } from "./channels-of-user.ts";
import type { Deps } from "./deps.ts";
import { readPolicyInForce } from "./policy-in-force.ts";

const sessionRow = z.object({
	session_id: z.uuid(),
	handle: z.string().nullable(),
	description: z.string(),
	hostname: z.string(),
	status: z.enum(sessionStatuses),
	started_ms: z.number(),
	activity_ms: z.number(),
	muted_ms: z.number().nullable(),
});

/** The user's channels with the receipt of each one's last message, and the sessions that are monitored now. */
export async function readAccountStatus(deps: Deps, userId: string): Promise<AccountStatus> {
	const [channels, policy, sessions] = await Promise.all([
		readChannels(deps, userId),
		readPolicyInForce(deps, userId),
		rowsOf(
			deps.db,
			sessionRow,
			sql`select id as session_id, handle, description, hostname, status,
				(extract(epoch from started_at) * 1000)::float8 as started_ms,
				(extract(epoch from last_activity_at) * 1000)::float8 as activity_ms,
				case when muted_until > now() then (extract(epoch from muted_until) * 1000)::float8 end as muted_ms
				from sessions where user_id = ${userId} and status <> 'ended' order by started_at, id`,
		),
	]);
	return {
		channels,
		policy,
		sessions: sessions.map(({ started_ms, activity_ms, muted_ms, ...session }) => ({
			...session,
			started_at: new Date(started_ms).toISOString(),
			last_activity_at: new Date(activity_ms).toISOString(),
			muted_until: muted_ms === null ? null : new Date(muted_ms).toISOString(),
		})),
	};
}
