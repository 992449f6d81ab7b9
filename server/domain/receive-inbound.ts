import { and, eq, isNull, sql } from "drizzle-orm";
import { maxReply } from "../../src/contract/inbox.ts";
import type { Db } from "../db/client.ts";
import { retryDeadlock } from "../db/errors.ts";
import { identities, inbound } from "../db/schema.ts";
import type { CarrierKeyword, Inbound } from "../inbound/inbound.ts";
import { carrierWord } from "./carrier-words.ts";
import { cleanReply } from "./clean-reply.ts";
import type { Deps } from "./deps.ts";
import { freeSlots } from "./free-slots.ts";
import { holdReply, takeHeldReply } from "./held-reply.ts";
import { muteFromPhone } from "./mute-from-phone.ts";
import { readMute } from "./mute-words.ts";
import type { Notice } from "./notice.ts";
import { queueNotice } from "./queue-notice.ts";
import { type Candidate, candidatesOf, lastNotified } from "./reply-context.ts";
import { takeReplySlot } from "./reply-limit.ts";
import { resolvePointer } from "./resolve-pointer.ts";
import { routeReply } from "./route-reply.ts";
import { type Sender, storeReply } from "./store-reply.ts";

/** What became of one message from a person. Only the log sees it: the provider is told nothing but "taken". */
export type InboundOutcome =
	/** `foreign`: somebody whom we know, but the message had to point at something of theirs and does not. Nothing is kept of it. */
	| { outcome: "stranger" | "foreign" | "duplicate" | "empty" | "opted_out" | "opted_in" | "carrier" | "help" }
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
	const pointed = await resolvePointer(tx, deps, sender, message.pointer);
	if (message.tokenRequired === true && pointed?.by !== "token") return { result: { outcome: "foreign" } };
	if (message.pointerRequired === true && pointed === undefined) return { result: { outcome: "foreign" } };
	const taken = await tx
		.insert(inbound)
		.values({ provider: message.provider, providerEventId: message.providerEventId })
		.onConflictDoNothing()
		.returning({ id: inbound.providerEventId });
	if (taken.length === 0) return { result: { outcome: "duplicate" } };
	const effect = await effectOf(tx, deps, { ...message, pointed: pointed?.sessionId }, sender);
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
		.where(
			and(
				eq(identities.channel, channel),
				eq(identities.addressMac, vault.mac("address", sender)),
				isNull(identities.removedAt),
			),
		);
	if (known === undefined) return undefined;
	const { optedOutAt, ...rest } = known;
	return { ...rest, optedOut: optedOutAt !== null };
}

type Pointed = Inbound & { pointed: string | undefined };

async function effectOf(tx: Tx, deps: Deps, message: Pointed, sender: KnownSender): Promise<Effect> {
	const word = reservedWord(message);
	await noteInbound(tx, sender, word);
	const outcome = word && wordOutcome(word, message, sender);
	if (outcome !== undefined) return { result: { outcome } };
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
	return routed(tx, deps, { text, pointer: message.pointed, sender });
}

/** By SMS the carrier's words; elsewhere what the provider has commands for. */
function reservedWord({ channel, keyword, text }: Inbound): CarrierKeyword | undefined {
	return keyword ?? (channel === "sms" ? carrierWord(text) : undefined);
}

function wordOutcome(word: CarrierKeyword, { channel, text }: Inbound, { optedOut }: KnownSender) {
	if (word === "stop") return "opted_out";
	if (word === "help") return channel === "sms" ? "carrier" : "help";
	return optedOut || !isYes(text) ? "opted_in" : undefined;
}

async function noteInbound(tx: Tx, { identityId }: KnownSender, word: CarrierKeyword | undefined): Promise<void> {
	await tx
		.update(identities)
		.set({
			lastInboundAt: sql`now()`,
			...(word === "stop" ? { optedOutAt: sql`now()` } : {}),
			...(word === "start" ? { optedOutAt: null } : {}),
		})
		.where(eq(identities.id, identityId));
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
	const handles = sessions.map(({ handle }) => handle);
	const wish = readMute(text, handles);
	if (wish !== undefined) return answered(await muteFromPhone(tx, { userId: sender.userId, sessions, pointer }, wish));
	// A session that ended a day ago has no letter any more, and what answers it is for no other one.
	if (pointer !== undefined && !sessions.some(({ id }) => id === pointer)) {
		return refused("The session that it answers has ended.");
	}
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
