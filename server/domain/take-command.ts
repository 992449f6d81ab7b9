import { and, eq, isNull } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { retryDeadlock } from "../db/errors.ts";
import { identities, inbound, inbox, sessions } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import { admitReply, type Refusal } from "./admit-reply.ts";
import { cleanReply } from "./clean-reply.ts";
import type { Deps } from "./deps.ts";
import { lockMinutes } from "./lock-out.ts";
import { passOn } from "./pass-on.ts";
import { queueNotice } from "./queue-notice.ts";
import { planRefusal } from "./relay-plan.ts";
import type { Sender } from "./store-reply.ts";

/** Who may send commands to what, as a reply token proves it. */
export interface Commander {
	userId: string;
	sessionId: string;
	monitoringId: string;
	identityId: string;
}

export interface Command {
	sessionId: string;
	command: string;
	/** The caller's Idempotency-Key. */
	key: string | undefined;
}

type Tx = Pick<Db, "execute" | "insert" | "select" | "update">;
type Taken = { id: string } | { refusal: Refusal; told: boolean };

/**
 * Queues a command for the very session of the token, through the same choke point as a reply from the phone.
 * Throws AppError: `session_not_found`, `forbidden` for another session, `conflict` for one that has ended, and what the choke point says.
 */
export async function takeCommand(deps: Deps, commander: Commander, command: Command): Promise<{ id: string }> {
	const taken = await retryDeadlock(() => deps.db.transaction((tx) => takeOnce(tx, deps, commander, command)));
	if ("refusal" in taken) {
		if (taken.told) deps.wakeOutbox();
		throw errorOf(taken.refusal);
	}
	deps.inboxBus.notify(commander.sessionId);
	return taken;
}

async function takeOnce(tx: Tx, deps: Deps, commander: Commander, given: Command): Promise<Taken> {
	await checkSession(tx, commander, given.sessionId);
	const sender = await senderOf(tx, commander);
	const { id, isNew } = await firstTime(tx, deps, commander, given.key);
	if (!isNew) return repeated(tx, id, given.command);
	const plan = await planRefusal(tx, deps, sender, given.command);
	if (plan !== undefined) {
		const told = plan.tell && (await queueNotice(tx, deps, sender, { kind: "refused", reason: plan.reason }));
		return { refusal: plan, told };
	}
	const admitted = await admitReply(tx, deps, sender, given.command);
	if ("empty" in admitted) throw new AppError("invalid_request", "command: there is no text in it");
	if ("refusal" in admitted) return { ...admitted, told: false };
	const passed = await passOn(tx, deps, { sender, sessionId: commander.sessionId, text: admitted.text, id });
	return "refusal" in passed ? { ...passed, told: false } : { id };
}

async function checkSession(tx: Tx, { userId, sessionId, monitoringId }: Commander, asked: string): Promise<void> {
	const [session] = await tx
		.select({ userId: sessions.userId, status: sessions.status, monitoringId: sessions.monitoringId })
		.from(sessions)
		.where(eq(sessions.id, asked));
	if (session === undefined) throw new AppError("session_not_found", "There is no such session.");
	if (asked !== sessionId || session.userId !== userId) {
		throw new AppError("forbidden", "The reply token belongs to another session.");
	}
	if (session.monitoringId !== monitoringId) {
		throw new AppError("unauthorized", "The session has begun anew. Ask for a new reply token.");
	}
	if (session.status === "ended") throw new AppError("conflict", "The session has ended.");
}

/** Whoever lost the address lost its word. */
async function senderOf(tx: Tx, { userId, identityId }: Commander): Promise<Sender> {
	const [known] = await tx
		.select({ channel: identities.channel, label: identities.label })
		.from(identities)
		.where(and(eq(identities.id, identityId), eq(identities.userId, userId), isNull(identities.removedAt)));
	if (known === undefined) throw new AppError("unauthorized", "The channel of this reply token was removed.");
	return { userId, identityId, channel: known.channel, label: `${known.label} by API` };
}

/** With a key the message's id is made of it, so that the second request finds what the first one did. */
async function firstTime(
	tx: Tx,
	{ vault, id: newId }: Deps,
	{ userId, sessionId }: Commander,
	key: string | undefined,
): Promise<{ id: string; isNew: boolean }> {
	const id = key === undefined ? newId() : uuidOf(vault.mac("command", `${userId}:${sessionId}:${key}`));
	const taken = await tx
		.insert(inbound)
		.values({ provider: "api", providerEventId: id })
		.onConflictDoNothing()
		.returning({ id: inbound.providerEventId });
	return { id, isNew: taken.length > 0 };
}

/** UUIDv8 (RFC 9562): 122 bits of the MAC. */
function uuidOf(mac: string): string {
	const hex = Buffer.from(mac, "base64url").toString("hex");
	const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
	return [
		hex.slice(0, 8),
		hex.slice(8, 12),
		`8${hex.slice(13, 16)}`,
		`${variant}${hex.slice(18, 20)}`,
		hex.slice(20, 32),
	].join("-");
}

async function repeated(tx: Tx, id: string, command: string): Promise<Taken> {
	const [known] = await tx.select({ text: inbox.text }).from(inbox).where(eq(inbox.id, id));
	if (known === undefined) throw new AppError("conflict", "The command with this Idempotency-Key was refused.");
	if (known.text !== cleanReply(command)) {
		throw new AppError("conflict", "This Idempotency-Key was used for another command.");
	}
	return { id };
}

function errorOf({ code, reason }: Refusal): AppError {
	if (code === "plan") return new AppError("plan_required", reason);
	if (code === "banned") return new AppError("forbidden", reason);
	if (code === "too_long") return new AppError("invalid_request", reason);
	return new AppError("rate_limited", reason, { retryAfter: code === "locked" ? lockMinutes * 60 : 60 });
}
