import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import { channelName, maxChannels } from "../../src/contract/channels.ts";
import { zone } from "../../src/contract/setting-values.ts";
import { type Db, rowsOf } from "../db/client.ts";
import { devices, identities, pairings, refreshTokens, users } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import { writeAudit } from "./audit.ts";
import { lockChannels } from "./channels-of-user.ts";
import { titleOf } from "./delivery-report.ts";
import type { Deps } from "./deps.ts";
import { type DeadPairing, guessCode, whyDead } from "./guess-code.ts";
import { type Login, loginDays } from "./login.ts";
import { lockAddress } from "./pairing-rules.ts";
import { fingerprintHash, provesChallenge, refreshTokenHash, tempTokenHash } from "./secrets.ts";

export interface Exchange {
	tempToken: string;
	/** Undefined when the hosted page has already taken it. */
	code: string | undefined;
	codeVerifier: string;
	device: { name: string; fingerprint: string; time_zone?: string | undefined };
	/** Who this machine is logged in as already: the address becomes one more of theirs. */
	userId?: string | undefined;
}

type Tx = Pick<Db, "execute" | "select" | "insert" | "update">;
type Refusal = { outcome: "wrong"; triesLeft: number } | { outcome: DeadPairing | "unconfirmed" };

/** The code becomes a login, once. Throws AppError `token_expired` after ten minutes and `unauthorized`, with the reason in `details`, otherwise. */
export async function exchangePairing(deps: Deps, exchange: Exchange): Promise<Login> {
	const hash = tempTokenHash(deps, exchange.tempToken);
	const [pairing] = await deps.db
		.select({ codeChallenge: pairings.codeChallenge })
		.from(pairings)
		.where(eq(pairings.tempTokenHash, hash));
	if (pairing === undefined) throw refused({ outcome: "unknown" });
	// Before the code is looked at: the code alone, read over a shoulder, must neither log in nor be tried.
	if (!provesChallenge(exchange.codeVerifier, pairing.codeChallenge)) throw refused({ outcome: "unknown" });

	const result = await deps.db.transaction(async (tx) => {
		if (exchange.code !== undefined) {
			const guess = await guessCode(tx, deps, exchange.tempToken, exchange.code);
			// Returned, not thrown: the count of wrong tries must be committed.
			if (guess.outcome !== "right") return { refusal: guess };
		}
		const paired = await consume(tx, hash);
		if (paired === undefined) return { refusal: await whyNotConsumed(tx, hash) };
		return { login: await logIn(tx, deps, paired, exchange) };
	});
	if (result.login === undefined) throw refused(result.refusal);
	deps.log.info({ user: result.login.userId, device: result.login.deviceId }, "logged in");
	return result.login;
}

const paired = z.object({
	channel: channelName,
	address_sealed: z.string(),
	address_mac: z.string(),
	label: z.string(),
});

async function consume(tx: Tx, hash: string): Promise<z.infer<typeof paired> | undefined> {
	const [row] = await rowsOf(
		tx,
		paired,
		sql`update pairings set used_at = now()
			where temp_token_hash = ${hash} and used_at is null and confirmed_at is not null and expires_at > now()
			returning channel, address_sealed, address_mac, label`,
	);
	return row;
}

async function whyNotConsumed(tx: Tx, hash: string): Promise<Refusal> {
	const why = await whyDead(tx, hash);
	return { outcome: why === "burnt" ? "unconfirmed" : why };
}

async function logIn(tx: Tx, deps: Deps, pairing: z.infer<typeof paired>, exchange: Exchange): Promise<Login> {
	const identity = await findOrCreateIdentity(tx, deps, pairing, exchange);
	const deviceId = await findOrCreateDevice(tx, deps, identity.userId, exchange.device);
	const refreshToken = deps.secret(32);
	const familyId = deps.id();
	await tx.insert(refreshTokens).values({
		id: deps.id(),
		deviceId,
		identityId: identity.id,
		familyId,
		tokenHash: refreshTokenHash(deps, refreshToken),
		expiresAt: sql`now() + make_interval(days => ${loginDays})`,
	});
	await writeAudit(tx, deps, {
		userId: identity.userId,
		actor: { device: deviceId },
		action: "login",
		outcome: "done",
		why: `Logged in with ${titleOf(deps, pairing.channel)} ${pairing.label}.`,
	});
	return { userId: identity.userId, deviceId, familyId, refreshToken, channel: pairing.channel, label: pairing.label };
}

/** An address that is already somebody's logs in to that user; a new one is the caller's, or a new user's. */
async function findOrCreateIdentity(tx: Tx, deps: Deps, pairing: z.infer<typeof paired>, exchange: Exchange) {
	const { userId: caller, device } = exchange;
	await lockAddress(tx, "identity", pairing.address_mac);
	const [known] = await tx
		.update(identities)
		// Whoever proves the address again wants its messages.
		.set({ verifiedAt: sql`now()`, optedOutAt: null })
		.where(
			and(
				eq(identities.channel, pairing.channel),
				eq(identities.addressMac, pairing.address_mac),
				isNull(identities.removedAt),
			),
		)
		.returning({ id: identities.id, userId: identities.userId });
	if (known !== undefined) {
		if (caller !== undefined && known.userId !== caller) throw othersAddress(pairing.label);
		return known;
	}
	const userId = caller ?? deps.id();
	const id = deps.id();
	if (caller === undefined)
		await tx.insert(users).values({ id: userId, timeZone: zone.safeParse(device.time_zone).data ?? "UTC" });
	else await refuseTooMany(tx, caller);
	await tx.insert(identities).values({
		id,
		userId,
		channel: pairing.channel,
		addressSealed: pairing.address_sealed,
		addressMac: pairing.address_mac,
		label: pairing.label,
		position: sql`(select coalesce(max(position) + 1, 0) from identities where user_id = ${userId})`,
	});
	return { id, userId };
}

async function refuseTooMany(tx: Tx, userId: string): Promise<void> {
	const { length } = await lockChannels(tx, userId);
	if (length < maxChannels) return;
	throw new AppError(
		"conflict",
		`You have ${length} channels, and more cannot be. Take one away with /notify-channels.`,
	);
}

function othersAddress(label: string): AppError {
	return new AppError(
		"conflict",
		`${label} belongs to another account. To join that account with this machine run /notify-logout, then /notify-setup with the same address.`,
	);
}

/** Logging in again on the same machine is the same device, unless it was logged out in between. */
async function findOrCreateDevice(tx: Tx, deps: Deps, userId: string, device: Exchange["device"]): Promise<string> {
	const hash = fingerprintHash(deps, device.fingerprint);
	const [known] = await tx
		.update(devices)
		.set({ name: device.name, lastSeenAt: sql`now()` })
		.where(and(eq(devices.userId, userId), eq(devices.fingerprintHash, hash), isNull(devices.revokedAt)))
		.returning({ id: devices.id });
	if (known !== undefined) return known.id;
	const id = deps.id();
	await tx.insert(devices).values({ id, userId, name: device.name, fingerprintHash: hash });
	return id;
}

function refused(refusal: Refusal): AppError {
	if (refusal.outcome === "expired") {
		return new AppError("token_expired", "The code has expired. Run /notify-setup for a new one.", {
			details: { reason: "expired" },
		});
	}
	const triesLeft = refusal.outcome === "wrong" ? { tries_left: refusal.triesLeft } : {};
	return new AppError("unauthorized", refusalWords(refusal), { details: { reason: refusal.outcome, ...triesLeft } });
}

function refusalWords(refusal: Refusal): string {
	switch (refusal.outcome) {
		case "wrong":
			return `That is not the code. ${refusal.triesLeft} ${refusal.triesLeft === 1 ? "try" : "tries"} left.`;
		case "burnt":
			return "Too many wrong codes. Run /notify-setup for a new one.";
		case "used":
			return "This code has already been used. Run /notify-setup for a new one.";
		case "unopened":
			return "Open the link first: the code comes there.";
		case "unconfirmed":
			return "The code has not been typed yet.";
		default:
			return "This login is not known here. Run /notify-setup.";
	}
}
