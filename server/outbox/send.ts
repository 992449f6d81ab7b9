import { setTimeout as sleep } from "node:timers/promises";
import type { DeliveryResult } from "../channels/channel.ts";
import { isConnectionLoss, reasonOf, stackOf } from "../db/errors.ts";
import type { Deps } from "../domain/deps.ts";
import type { Claimed } from "./claim.ts";
import { compose } from "./compose.ts";
import { holdBack, silenceOf } from "./hold-back.ts";
import type { BackOff } from "./retry-delay.ts";
import { drop, giveUp, keepThread, settle } from "./settle.ts";
import type { StoreSent } from "./store-sent.ts";
import { isTriedOut, triesOf } from "./tries.ts";

export type SendDeps = Pick<Deps, "db" | "channels" | "vault" | "log">;

export interface SendOptions {
	/** For one attempt, connection and answer together. */
	sendTimeoutMs: number;
	backOff: BackOff;
	store: StoreSent;
	/** The provider has nothing more to do with it. */
	answered(): void;
	/** Fires when the process can wait for nothing any more. */
	gone: AbortSignal;
}

/** A message whose making fails by a bug is given up after so many tries. */
const maxBugs = 5;
const bugReason = "The server could not make this message.";
const attendedReason = "You were back at the computer before it was sent.";
const overReason = "It was answered, or no longer asked, before the message was sent.";
const databasePauseMs = 250;

/**
 * Never rejects: a message that breaks its sending has used up an attempt, and the others go on.
 * Resolves with the number of the claim under which it was noted as not sent.
 */
export async function sendOne(deps: SendDeps, claimed: Claimed, options: SendOptions): Promise<number | undefined> {
	const about = { delivery: claimed.id, channel: claimed.channel, attempt: claimed.attempts };
	try {
		const never = reasonNotToSend(claimed);
		if (never !== undefined) return await stored(() => giveUp(deps.db, claimed, "dead", never), options.gone);
		if (claimed.approval?.open === false) return await stored(() => drop(deps.db, claimed, overReason), options.gone);
		if (claimed.attended) return await stored(() => drop(deps.db, claimed, attendedReason), options.gone);
		const held = silenceOf(claimed);
		if (held !== undefined) return await stored(() => holdBack(deps.db, claimed, held), options.gone);
		const result = await attempt(deps, claimed, options);
		options.answered();
		if (result === "poison") return await stored(() => giveUp(deps.db, claimed, "dead", bugReason), options.gone);
		const notedAs = await stored(() => settle(deps, claimed, result, options.backOff, options.store), options.gone);
		if (result.ok) deps.log.info(about, "message sent");
		else deps.log.warn({ ...about, retryable: result.retryable, code: result.code }, "message not sent");
		return notedAs;
	} catch (error) {
		// The lease stays; the message is due again when it ends.
		deps.log.error({ ...about, reason: reasonOf(error) }, "message could not be settled");
		return undefined;
	}
}

function reasonNotToSend({ attempts, removed, opted_out }: Claimed): string | undefined {
	if (removed) return "The channel was removed.";
	if (opted_out) return "The phone has opted out.";
	return isTriedOut(attempts) ? "The server did not survive sending this message." : undefined;
}

/** What a provider took must not be sent again because the database was away at that moment: it is told as soon as it is back. */
async function stored<T>(write: () => Promise<T>, gone: AbortSignal): Promise<T> {
	for (;;) {
		try {
			return await write();
		} catch (error) {
			if (!isConnectionLoss(error) || gone.aborted) throw error;
			await sleep(databasePauseMs, undefined, { signal: gone }).catch(() => undefined);
		}
	}
}

/** What a bug throws counts as an attempt that may go better next time; the last of them makes it poison. */
async function attempt(
	deps: SendDeps,
	claimed: Claimed,
	{ sendTimeoutMs, gone }: SendOptions,
): Promise<DeliveryResult | "poison"> {
	const channel = deps.channels.get(claimed.channel);
	if (channel === undefined) return { ok: false, retryable: true, reason: "The server has no such channel now." };
	const signal = AbortSignal.timeout(sendTimeoutMs);
	try {
		const message = compose(deps, claimed, channel.style);
		const address = deps.vault.open(claimed.address_sealed);
		const sending = channel.deliver(address, message, {
			signal,
			idempotencyKey: claimed.id,
			thread: claimed.thread ?? undefined,
			onThread: (thread) => stored(() => keepThread(deps.db, claimed, thread), gone),
			replaces: claimed.replaces ?? undefined,
		});
		return await withinSignal(sending, signal);
	} catch (error) {
		deps.log.error({ delivery: claimed.id, stack: stackOf(error) }, "sending a message failed by a bug");
		return triesOf(claimed.attempts) < maxBugs ? { ok: false, retryable: true, reason: bugReason } : "poison";
	}
}

/** A channel that ignores its signal must not hold its place for ever. */
function withinSignal(sending: Promise<DeliveryResult>, signal: AbortSignal): Promise<DeliveryResult> {
	const timedOut = Promise.withResolvers<DeliveryResult>();
	const onAbort = () =>
		timedOut.resolve({ ok: false, retryable: true, reason: "The provider did not answer in time." });
	signal.addEventListener("abort", onAbort, { once: true });
	return Promise.race([sending, timedOut.promise]);
}
