import { sql } from "drizzle-orm";
import { z } from "zod";
import { channelNames } from "../../src/contract/channels.ts";
import { type AccountStatus, sessionStatuses } from "../../src/contract/sessions.ts";
import { rowsOf } from "../db/client.ts";
import { reportColumns, reportRow } from "./delivery-report.ts";
import type { Deps } from "./deps.ts";

const addressRow = z.object({
	id: z.string(),
	channel: z.enum(channelNames),
	label: z.string(),
	opted_out: z.boolean(),
});
const lastRow = z.object({ identity_id: z.string() }).and(reportRow);
const sessionRow = z.object({
	session_id: z.uuid(),
	handle: z.string().nullable(),
	description: z.string(),
	hostname: z.string(),
	status: z.enum(sessionStatuses),
	started_ms: z.number(),
	activity_ms: z.number(),
});

/** The user's channels with the receipt of each one's last message, and the sessions that are monitored now. */
export async function readAccountStatus(deps: Deps, userId: string): Promise<AccountStatus> {
	const [addresses, last, sessions] = await Promise.all([
		rowsOf(
			deps.db,
			addressRow,
			sql`select id, channel, label, opted_out_at is not null as opted_out
				from identities where user_id = ${userId} order by position, id`,
		),
		rowsOf(
			deps.db,
			lastRow,
			sql`select distinct on (d.identity_id) d.identity_id, ${reportColumns}
				from deliveries d join identities i on i.id = d.identity_id
				where d.user_id = ${userId} order by d.identity_id, d.created_at desc, d.id desc`,
		),
		rowsOf(
			deps.db,
			sessionRow,
			sql`select id as session_id, handle, description, hostname, status,
				(extract(epoch from started_at) * 1000)::float8 as started_ms,
				(extract(epoch from last_activity_at) * 1000)::float8 as activity_ms
				from sessions where user_id = ${userId} and status <> 'ended' order by started_at, id`,
		),
	]);
	return {
		channels: addresses.map(({ id, channel, label, opted_out }) => ({
			channel,
			address_masked: label,
			simulated: deps.channels.get(channel)?.simulated ?? false,
			opted_out,
			last_delivery: withoutIdentity(last.find((report) => report.identity_id === id)),
		})),
		sessions: sessions.map(({ started_ms, activity_ms, ...session }) => ({
			...session,
			started_at: new Date(started_ms).toISOString(),
			last_activity_at: new Date(activity_ms).toISOString(),
		})),
	};
}

function withoutIdentity(report: z.infer<typeof lastRow> | undefined) {
	if (report === undefined) return null;
	const { identity_id: _, ...rest } = report;
	return rest;
}
