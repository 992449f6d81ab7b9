import { sql } from "drizzle-orm";
import { z } from "zod";
import { channelName } from "../../src/contract/channels.ts";
import type { UserChannel } from "../../src/contract/sessions.ts";
import { type Db, rowsOf } from "../db/client.ts";
import { reportColumns, reportOf, reportRow, titleOf } from "./delivery-report.ts";
import type { Deps } from "./deps.ts";
import { lockedUntilMs } from "./lock-out.ts";

const addressRow = z.object({
	id: z.uuid(),
	channel: channelName,
	label: z.string(),
	opted_out: z.boolean(),
	locked_ms: z.number().nullable(),
});
const lastRow = reportRow.extend({ identity_id: z.string() });

/** In the user's order, each with the receipt of its last message. */
export async function readChannels(deps: Pick<Deps, "db" | "channels">, userId: string): Promise<UserChannel[]> {
	// One after the other: in a transaction there is one connection for both.
	const addresses = await rowsOf(
		deps.db,
		addressRow,
		sql`select id, channel, label, opted_out_at is not null as opted_out, ${lockedUntilMs} as locked_ms
			from identities where user_id = ${userId} and removed_at is null order by position, id`,
	);
	const last = await rowsOf(
		deps.db,
		lastRow,
		sql`select d.identity_id, ${reportColumns}
			from identities i cross join lateral (
				select * from deliveries where identity_id = i.id order by created_at desc, id desc limit 1
			) d
			where i.user_id = ${userId} and i.removed_at is null`,
	);
	return addresses.map(({ id, channel, label, opted_out, locked_ms }) => {
		const offered = deps.channels.get(channel);
		const report = last.find(({ identity_id }) => identity_id === id);
		return {
			id,
			channel,
			channel_title: titleOf(deps, channel),
			address_masked: label,
			simulated: offered?.simulated ?? false,
			opted_out,
			opted_out_hint: opted_out ? (offered?.resumeHint ?? null) : null,
			...(locked_ms === null ? {} : { locked_until: new Date(locked_ms).toISOString() }),
			last_delivery: report === undefined ? null : reportOf(deps, report),
		};
	});
}

/** The ids in the user's order. Until the end of the transaction nobody else adds, orders or removes any. */
export async function lockChannels(tx: Pick<Db, "execute">, userId: string): Promise<string[]> {
	// Not "for update": whoever queues a message for the user would have to wait.
	await tx.execute(sql`select from users where id = ${userId} for no key update`);
	const rows = await rowsOf(
		tx,
		z.object({ id: z.string() }),
		sql`select id from identities where user_id = ${userId} and removed_at is null order by position, id`,
	);
	return rows.map(({ id }) => id);
}
