import { and, eq, sql } from "drizzle-orm";
import { maxReply } from "../../src/contract/inbox.ts";
import type { Db } from "../db/client.ts";
import { retryDeadlock } from "../db/errors.ts";
import { identities, inbound } from "../db/schema.ts";
import type { Inbound } from "../inbound/inbound.ts";
import { carrierWord } from "./carrier-words.ts";
import { cleanReply } from "./clean-reply.ts";
import type { Deps } from "./deps.ts";
import { freeSlots } from "./free-slots.ts";
import { holdReply, takeHeldReply } from "./held-reply.ts";
import type { Notice } from "./notice.ts";
import { queueNotice } from "./queue-notice.ts";
import { type Candidate, candidatesOf, lastNotified } from "./reply-context.ts";
import { takeReplySlot } from "./reply-limit.ts";
import { routeReply } from "./route-reply.ts";
import { type Sender, storeReply } from "./store-reply.ts";

/** What became of one message from a person. Only the log sees it: the provider is told nothing but "taken". */
export type InboundOutcome =
	| { outcome: "stranger" | "duplicate" | "empty" | "opted_out" | "opted_in" | "carrier" }
	| { outcome: "answered"; notice: Notice["kind"] }
	| { outcome: "refused" }
	| { outcome: "stored"; sessionId: string; id: string; ref: string };

interface Effect {
	result: InboundOutcome;
	notice?: Notice | undefined;
	/** The session that the notice is about, when it is one to go on talking to. */
	about?: string | undefined;
}

type Tx = Pick<Db, "delete" | "execute" | "insert" | "select" | "update">;

/**
 * The one way in for everything that a person sends. A provider's event id counts once, in the same transaction as its effect;
 * whoever is not a verified address of a user gets no answer and leaves no row.
 */
export async function receiveInbound(deps: Deps, message: Inbound): Promise<InboundOutcome> {
	const { result, notice } = await retryDeadlock(() => deps.db.transaction((tx) => receiveOnce(tx, deps, message)));
	if (result.outcome === "stored") deps.inboxBus.notify(result.sessionId);
	if (notice !== undefined) deps.wakeOutbox();
	return result;
}

async function receiveOnce(tx: Tx, deps: Deps, message: Inbound): Promise<Effect> {
	const sender = await senderOf(tx, deps, message);
	if (sender === undefined) return { result: { outcome: "stranger" } };
	const taken = await tx
		.insert(inbound)
		.values({ provider: message.provider, providerEventId: message.providerEventId })
		.onConflictDoNothing()
		.returning({ id: inbound.providerEventId });
	if (taken.length === 0) return { result: { outcome: "duplicate" } };
	const effect = await effectOf(tx, deps, message, sender);
	if (effect.notice !== undefined) await queueNotice(tx, deps, { ...sender, sessionId: effect.about }, effect.notice);
	return effect;
}

interface KnownSender extends Sender {
	optedOut: boolean;
}

async function senderOf(tx: Tx, { vault }: Deps, { channel, sender }: Inbound): Promise<KnownSender | undefined> {
	const [known] = await tx
		.select({
			identityId: identities.id,
			userId: identities.userId,
			channel: identities.channel,
			label: identities.label,
			optedOutAt: identities.optedOutAt,
		})
		.from(identities)
		.where(and(eq(identities.channel, channel), eq(identities.addressMac, vault.mac("address", sender))));
	if (known === undefined) return undefined;
	const { optedOutAt, ...rest } = known;
	return { ...rest, optedOut: optedOutAt !== null };
}

async function effectOf(tx: Tx, deps: Deps, message: Inbound, sender: KnownSender): Promise<Effect> {
	const word = message.channel === "sms" ? (message.keyword ?? carrierWord(message.text)) : undefined;
	await tx
		.update(identities)
		.set({
			lastInboundAt: sql`now()`,
			...(word === "stop" ? { optedOutAt: sql`now()` } : {}),
			...(word === "start" ? { optedOutAt: null } : {}),
		})
		.where(eq(identities.id, sender.identityId));
	if (word === "stop") return { result: { outcome: "opted_out" } };
	if (word === "start" && (sender.optedOut || !isYes(message.text))) return { result: { outcome: "opted_in" } };
	if (word === "help") return { result: { outcome: "carrier" } };
	const text = cleanReply(message.text);
	if (text === "") return { result: { outcome: "empty" } };
	const limit = await takeReplySlot(tx, sender.userId);
	if (limit === "first_refused") return refused("More than 10 replies in a minute. Wait a minute, then send again.");
	if (limit === "refused") return { result: { outcome: "refused" } };
	if (text.length > maxReply) {
		return refused(`A reply can have at most ${maxReply} characters; yours has ${text.length}.`);
	}
	// A lone "yes" to a question of Claude's is natural, and it is the carrier's word: it is not passed on, but not swallowed either.
	if (word === "start")
		return refused('"Yes" alone is the carrier\'s word. Send it with the letter of the session: b yes');
	return routed(tx, deps, { text, pointer: message.replyTo, sender });
}

function isYes(text: string): boolean {
	return text.trim().toUpperCase() === "YES";
}

async function routed(
	tx: Tx,
	deps: Deps,
	reply: { text: string; pointer: string | undefined; sender: Sender },
): Promise<Effect> {
	const { text, pointer, sender } = reply;
	const sessions = await candidatesOf(tx, sender.userId);
	const route = routeReply(text, { sessions, pointer, lastNotified: await lastNotified(tx, sender) });
	if (route.to === "nobody") return answered({ kind: "no_session" });
	if (route.to === "which") {
		const choices = route.choices.map(({ handle, description }) => ({ handle, description }));
		if (text === "?") return answered({ kind: "which_session", choices });
		await holdReply(tx, sender, text);
		return answered({ kind: "which_session", choices, held: true });
	}
	const { id: sessionId, handle, description } = route.session;
	if (route.to === "ended") return answered({ kind: "session_ended", handle, description });
	const held = await takeHeldReply(tx, sender);
	const passedOn = route.text === "" ? held : route.text;
	if (passedOn === undefined) return refused(`Write your text after the letter: ${handle} go on`);
	const stored = await storeReply(tx, deps, { sender, sessionId, text: passedOn });
	await freeSlots(tx, sessionId);
	const stale = sessions.some((session: Candidate) => session.id === sessionId && session.stale);
	return {
		result: { outcome: "stored", sessionId, ...stored },
		notice: stale ? { kind: "waiting_for_session", handle, description } : undefined,
		about: sessionId,
	};
}

function answered(notice: Notice): Effect {
	return { result: { outcome: "answered", notice: notice.kind }, notice };
}

function refused(reason: string): Effect {
	return { result: { outcome: "refused" }, notice: { kind: "refused", reason } };
}
