import { sql } from "drizzle-orm";
import { z } from "zod";
import { type Db, rowsOf } from "../db/client.ts";

export type LoginEnd = "logout" | "refresh_reuse" | "login_expired";
type Tx = Pick<Db, "execute">;

const ended = z.object({ id: z.uuid() });

/** Ends the device's live sessions and kills their tokens; the ids are for `inboxBus.notify` after commit. */
export async function endSessionsOf(tx: Tx, deviceId: string, reason: LoginEnd): Promise<string[]> {
	const rows = await rowsOf(
		tx,
		ended,
		// The hash is replaced, so that no lookup can find the token whatever else it checks.
		sql`update sessions set status = 'ended', ended_at = now(), end_reason = ${reason}, token_hash = 'revoked:' || id
			where device_id = ${deviceId} and status <> 'ended' returning id`,
	);
	return rows.map(({ id }) => id);
}

/** Logs the whole machine out: every login of the device, its access tokens and its sessions. */
export async function revokeDevice(tx: Tx, deviceId: string, reason: LoginEnd) {
	const revoked = await rowsOf(
		tx,
		ended,
		sql`update devices set revoked_at = now() where id = ${deviceId} and revoked_at is null returning id`,
	);
	await tx.execute(
		sql`update refresh_tokens set revoked_at = now() where device_id = ${deviceId} and revoked_at is null`,
	);
	return { revoked: revoked.length > 0, sessions: await endSessionsOf(tx, deviceId, reason) };
}
