import { eq } from "drizzle-orm";
import { maxReply } from "../../src/contract/inbox.ts";
import type { Db } from "../db/client.ts";
import { users } from "../db/schema.ts";
import { auditReply } from "./audit-reply.ts";
import { bannedIn } from "./ban-list.ts";
import { cleanReply } from "./clean-reply.ts";
import type { Deps } from "./deps.ts";
import { countRefusal, isLockedOut, lockMinutes } from "./lock-out.ts";
import { banListOf } from "./policy-settings.ts";
import { takeReplySlot } from "./reply-limit.ts";
import type { Sender } from "./store-reply.ts";

/** Why a text from a phone is not taken. */
export interface Refusal {
	code: "limited" | "locked" | "too_long" | "banned" | "plan" | "answered_out";
	/** A sentence for the user. */
	reason: string;
	/** The phone was not told yet. */
	tell: boolean;
}

export type Admission = { text: string } | { empty: true } | { refusal: Refusal };

type Tx = Pick<Db, "execute" | "insert" | "select">;

/**
 * The choke point: nothing that a person sends gets further without having passed here, whichever way it came.
 * `text` is then clean, short enough, and free of what the user's ban list names. A refusal is audited, and five of them lock the address.
 */
export async function admitReply(tx: Tx, deps: Deps, sender: Sender, received: string): Promise<Admission> {
	const text = cleanReply(received);
	if (text === "") return { empty: true };
	// First, since its row lock puts a user's replies in order.
	const slot = await takeReplySlot(tx, sender.userId);
	const refusal = (await standing(tx, sender, slot)) ?? (await objection(tx, sender, text));
	if (refusal === undefined) return { text };
	const audited = { sender, action: "reply", outcome: "refused", why: refusal.reason, text } as const;
	await auditReply(tx, deps, audited);
	if (refusal.code !== "banned" && refusal.code !== "too_long") return { refusal };
	return { refusal: await counted(tx, deps, sender, refusal) };
}

/** Why nothing at all is taken from this address now. */
async function standing(
	tx: Tx,
	sender: Sender,
	slot: Awaited<ReturnType<typeof takeReplySlot>>,
): Promise<Refusal | undefined> {
	if (await isLockedOut(tx, sender.identityId)) {
		const reason = `After too many refused commands nothing is taken from here for ${lockMinutes} minutes.`;
		return { code: "locked", reason, tell: false };
	}
	if (slot === "allowed") return undefined;
	const reason = "More than 10 replies in a minute. Wait a minute, then send again.";
	return { code: "limited", reason, tell: slot === "first_refused" };
}

/** What is wrong with this text. */
async function objection(tx: Tx, { userId }: Sender, text: string): Promise<Refusal | undefined> {
	if (text.length > maxReply) {
		const reason = `A reply can have at most ${maxReply} characters; yours has ${text.length}.`;
		return { code: "too_long", reason, tell: true };
	}
	const [user] = await tx.select({ settings: users.settings }).from(users).where(eq(users.id, userId));
	const banned = bannedIn(text, banListOf(user?.settings));
	if (banned === undefined) return undefined;
	return { code: "banned", reason: `Your ban list stops "${banned}" (/notify-settings shows it).`, tell: true };
}

async function counted(tx: Tx, deps: Deps, sender: Sender, refusal: Refusal): Promise<Refusal> {
	if (!(await countRefusal(tx, sender.identityId))) return refusal;
	const locked = `That was one refused command too many: nothing is taken from here for ${lockMinutes} minutes.`;
	await auditReply(tx, deps, { sender, action: "lock", outcome: "done", why: locked });
	return { ...refusal, reason: `${refusal.reason} ${locked}` };
}
