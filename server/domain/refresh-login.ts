import { sql } from "drizzle-orm";
import { z } from "zod";
import { channelName } from "../../src/contract/channels.ts";
import { rowsOf } from "../db/client.ts";
import { AppError } from "../errors.ts";
import { writeAudit } from "./audit.ts";
import type { Deps } from "./deps.ts";
import { endSessionsOf, revokeDevice } from "./end-login.ts";
import type { Login } from "./login.ts";
import { fingerprintHash, refreshTokenHash, sameSecret } from "./secrets.ts";

export interface Refresh {
	refreshToken: string;
	fingerprint: string;
}

const stored = z.object({
	user_id: z.uuid(),
	device_id: z.uuid(),
	family_id: z.uuid(),
	fingerprint_hash: z.string(),
	channel: channelName,
	label: z.string(),
	revoked: z.boolean(),
	expired: z.boolean(),
	used: z.boolean(),
	in_grace: z.boolean(),
});
type Stored = z.infer<typeof stored>;

/**
 * A refresh token for its successor. The successor is computed from the token, so that a second use within 30 s (two hooks at once,
 * an answer that was lost) gets the same one; a later use means that somebody has a copy, and ends the login.
 */
export async function refreshLogin(deps: Deps, refresh: Refresh): Promise<Login> {
	const hash = refreshTokenHash(deps, refresh.refreshToken);
	const before = await read(deps, hash);
	if (before === undefined || before.revoked) throw loggedOut();
	// Not a reuse: whoever has no right fingerprint must not be able to log the machine out.
	if (!sameSecret(fingerprintHash(deps, refresh.fingerprint), before.fingerprint_hash)) throw loggedOut();
	if (before.expired) return expire(deps, before);

	const refreshToken = deps.vault.mac("refresh-successor", refresh.refreshToken);
	if (!(await rotate(deps, hash, refreshTokenHash(deps, refreshToken)))) {
		const after = await read(deps, hash);
		if (after === undefined || after.revoked) throw loggedOut();
		if (!after.used) return expire(deps, after);
		if (!after.in_grace) return revokeReused(deps, after);
	}
	return {
		userId: before.user_id,
		deviceId: before.device_id,
		familyId: before.family_id,
		refreshToken,
		channel: before.channel,
		label: before.label,
	};
}

async function read(deps: Deps, hash: string): Promise<Stored | undefined> {
	const [row] = await rowsOf(
		deps.db,
		stored,
		// One revoked member is enough: a successor that was being made during a revocation is dead too.
		sql`select d.user_id, t.device_id, t.family_id, d.fingerprint_hash, i.channel, i.label,
				d.revoked_at is not null or exists (
					select from refresh_tokens member where member.family_id = t.family_id and member.revoked_at is not null
				) as revoked,
				t.expires_at <= now() as expired,
				t.used_at is not null as used,
				coalesce(t.used_at > now() - interval '30 seconds', false) as in_grace
			from refresh_tokens t join devices d on d.id = t.device_id
			-- the address that logged in, or the first that is left when it was removed
			join lateral (
				select channel, label from identities where user_id = d.user_id
				order by removed_at is not null, id <> t.identity_id, position, id limit 1
			) i on true
			where t.token_hash = ${hash}`,
	);
	return row;
}

/** True for the one caller that turns the token into its successor. The end of the 90 days is inherited. */
async function rotate(deps: Deps, hash: string, successorHash: string): Promise<boolean> {
	const rows = await rowsOf(
		deps.db,
		z.object({ id: z.uuid() }),
		sql`with taken as (
				update refresh_tokens set used_at = now()
				where token_hash = ${hash} and used_at is null and revoked_at is null and expires_at > now()
				returning device_id, identity_id, family_id, expires_at
			), seen as (
				update devices set last_seen_at = now() where id = (select device_id from taken)
			)
			insert into refresh_tokens (id, device_id, identity_id, family_id, token_hash, expires_at)
			select ${deps.id()}::uuid, device_id, identity_id, family_id, ${successorHash}, expires_at from taken
			returning id`,
	);
	return rows.length === 1;
}

async function revokeReused(deps: Deps, reused: Stored): Promise<never> {
	const { sessions } = await deps.db.transaction(async (tx) => {
		const result = await revokeDevice(tx, reused.device_id, "refresh_reuse");
		await writeAudit(tx, deps, {
			userId: reused.user_id,
			actor: { device: reused.device_id },
			action: "refresh_reuse",
			outcome: "refused",
			why: `A used login was tried again; the machine's login is revoked, ${result.sessions.length} sessions ended with it.`,
		});
		return result;
	});
	for (const id of sessions) deps.inboxBus.notify(id);
	deps.log.warn({ user: reused.user_id, device: reused.device_id }, "a used refresh token came again: login revoked");
	throw loggedOut();
}

/** The login is over; its sessions end with it, unless the machine has logged in again since. */
async function expire(deps: Deps, over: Stored): Promise<never> {
	const sessions = await deps.db.transaction(async (tx) => {
		const [other] = await rowsOf(
			tx,
			z.object({ id: z.uuid() }),
			sql`select id from refresh_tokens
				where device_id = ${over.device_id} and revoked_at is null and used_at is null and expires_at > now() limit 1`,
		);
		return other === undefined ? endSessionsOf(tx, over.device_id, "login_expired") : [];
	});
	for (const id of sessions) deps.inboxBus.notify(id);
	throw new AppError("token_expired", "The login has expired. Run /notify-setup.");
}

function loggedOut(): AppError {
	return new AppError("unauthorized", "This login has ended. Run /notify-setup.");
}
