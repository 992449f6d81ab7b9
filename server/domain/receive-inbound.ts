import { and, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { retryDeadlock } from "../db/errors.ts";
import { identities, inbound } from "../db/schema.ts";
import type { CarrierKeyword, Inbound } from "../inbound/inbound.ts";
import { admitReply } from "./admit-reply.ts";
import { carrierWord } from "./carrier-words.ts";
import type { Deps } from "./deps.ts";
import { queueNotice } from "./queue-notice.ts";
import { type Effect, type InboundOutcome, refused } from "./reply-effect.ts";
import { type Pointed, resolvePointer } from "./resolve-pointer.ts";
import { routed } from "./routed-reply.ts";
import type { Sender } from "./store-reply.ts";

type Tx = Pick<Db, "delete" | "execute" | "insert" | "select" | "update">;

/**
 * The one way in for everything that a person sends. A provider's event id counts once, in the same transaction as its effect;
 * whoever is not a verified address of a user gets no answer and leaves no row.
 */
export async function receiveInbound(deps: Deps, message: Inbound): Promise<InboundOutcome> {
	const {
		result,
		notice,
		wakes = [],
	} = await retryDeadlock(() => deps.db.transaction((tx) => receiveOnce(tx, deps, message)));
	const woken = result.outcome === "stored" ? [result.sessionId, ...wakes] : wakes;
	for (const sessionId of woken) deps.inboxBus.notify(sessionId);
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
	const effect = await effectOf(tx, deps, { ...message, pointed }, sender);
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

async function effectOf(
	tx: Tx,
	deps: Deps,
	message: Inbound & { pointed: Pointed | undefined },
	sender: KnownSender,
): Promise<Effect> {
	const word = reservedWord(message);
	await noteInbound(tx, sender, word);
	const outcome = word && wordOutcome(word, message, sender);
	if (outcome !== undefined) return { result: { outcome } };
	const admitted = await admitReply(tx, deps, sender, message.text);
	if ("empty" in admitted) return { result: { outcome: "empty" } };
	if ("refusal" in admitted) {
		return admitted.refusal.tell ? refused(admitted.refusal.reason) : { result: { outcome: "refused" } };
	}
	// A lone "yes" to a question of Claude's is natural, and it is the carrier's word: it is not passed on, but not swallowed either.
	if (word === "start")
		return refused('"Yes" alone is the carrier\'s word. Send it with the letter of the session: b yes');
	const { pointed, pointer } = message;
	const strays = pointed === undefined && pointer !== undefined;
	return routed(tx, deps, { text: admitted.text, pointed, strays, answers: pointer?.message, sender });
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
