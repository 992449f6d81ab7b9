import { sql } from "drizzle-orm";
import { z } from "zod";
import { channelName } from "../../src/contract/channels.ts";
import type { DeliveryReport } from "../../src/contract/sessions.ts";
import { type Db, rowsOf } from "../db/client.ts";
import { AppError } from "../errors.ts";
import { readDelivery } from "./delivery-report.ts";
import type { Deps } from "./deps.ts";
import type { Notice } from "./notice.ts";

/** A test costs as much as any SMS. */
const testsPerHour = 10;
const notice: Notice = { kind: "test" };

/** One message to each address of the user, now. Throws AppError `conflict` when none can be reached and `rate_limited` after ten in an hour. */
export async function sendTest(deps: Deps, userId: string): Promise<DeliveryReport[]> {
	const ids = await deps.db.transaction(async (tx) => {
		const addresses = await reachable(tx, deps, userId);
		if (addresses.length === 0) {
			throw new AppError(
				"conflict",
				"There is no channel to send on: each is switched off at your end, or none is paired. /notify-status says which.",
			);
		}
		await takeSlot(tx, userId);
		const queued: string[] = [];
		for (const { id: identityId, channel } of addresses) {
			const id = deps.id();
			await tx.execute(
				sql`insert into deliveries (id, user_id, identity_id, channel, notice, deadline_at)
					values (${id}, ${userId}, ${identityId}, ${channel}, ${JSON.stringify(notice)}::jsonb, now() + interval '10 minutes')`,
			);
			queued.push(id);
		}
		return queued;
	});
	deps.wakeOutbox();
	return Promise.all(ids.map((id) => readDelivery(deps, userId, id)));
}

const address = z.object({ id: z.string(), channel: channelName });

async function reachable(tx: Pick<Db, "execute">, { channels }: Deps, userId: string) {
	const rows = await rowsOf(
		tx,
		address,
		sql`select id, channel from identities where user_id = ${userId} and opted_out_at is null and removed_at is null
			order by position, id`,
	);
	return rows.filter(({ channel }) => channels.has(channel));
}

async function takeSlot(tx: Pick<Db, "execute">, userId: string): Promise<void> {
	const over = sql`s.window_started_at <= now() - interval '1 hour'`;
	const taken = await rowsOf(
		tx,
		z.object({ used: z.number() }),
		sql`insert into rate_slots as s (scope, kind, class) values (${`user:${userId}`}, 'test', 'metered')
			on conflict (scope, kind, class) do update set
				used = case when ${over} then 1 else s.used + 1 end,
				window_started_at = case when ${over} then now() else s.window_started_at end
				where ${over} or s.used < ${testsPerHour}::int
			returning used`,
	);
	if (taken.length === 0) {
		throw new AppError("rate_limited", `Only ${testsPerHour} test messages can be sent in an hour.`, {
			retryAfter: 600,
		});
	}
}
