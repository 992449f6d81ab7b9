import type { DeliveryResult } from "../channels/channel.ts";
import type { Deps } from "../domain/deps.ts";
import { type MessageContent, renderMessage } from "../domain/render-message.ts";
import { type Claimed, claimDeliveries } from "./claim.ts";
import { type BackOff, defaultBackOff } from "./retry-delay.ts";
import { giveUp, settle } from "./settle.ts";

export interface OutboxOptions {
	/** Messages that are under way at the same time. */
	concurrency?: number;
	pollMs?: number;
	/** Longer than a send may take: only a worker that died loses its lease. */
	leaseSeconds?: number;
	/** For one attempt, connection and answer together. */
	sendTimeoutMs?: number;
	backOff?: BackOff;
}

export interface Outbox {
	/** Looks for work now; called after each commit that queued some. */
	wake(): void;
	/** Takes nothing more and waits for the messages under way, at most `ms`; what is left over is sent again after its lease. */
	stop(ms: number): Promise<void>;
}

type OutboxDeps = Pick<Deps, "db" | "channels" | "vault" | "log">;

/** Sends what is queued, in this process, beside any other that does the same on the same database. */
export function startOutbox(deps: OutboxDeps, options: OutboxOptions = {}): Outbox {
	const { concurrency = 10, pollMs = 1000, leaseSeconds = 30, sendTimeoutMs = 15_000 } = options;
	const backOff = options.backOff ?? defaultBackOff;
	const underWay = new Set<Promise<void>>();
	let claiming: Promise<void> | undefined;
	let again = false;
	let stopped = false;
	let failing = false;

	async function fill(): Promise<void> {
		const limit = concurrency - underWay.size;
		if (limit <= 0) return;
		const claimed = await claimDeliveries(deps.db, { limit, leaseSeconds });
		for (const each of claimed) {
			const work = sendOne(deps, each, { sendTimeoutMs, backOff }).finally(() => {
				underWay.delete(work);
				wake();
			});
			underWay.add(work);
		}
	}

	function noteFailure(error: unknown): void {
		// Once until it works again: the next poll comes in a second.
		if (!failing) deps.log.warn({ reason: reasonOf(error) }, "the outbox cannot read its queue");
		failing = true;
	}

	function wake(): void {
		if (stopped) return;
		if (claiming !== undefined) {
			again = true;
			return;
		}
		again = false;
		claiming = fill()
			.then(() => {
				failing = false;
			}, noteFailure)
			.finally(() => {
				claiming = undefined;
				if (again) wake();
			});
	}

	const timer = setInterval(wake, pollMs);
	wake();
	return {
		wake,
		async stop(ms) {
			stopped = true;
			clearInterval(timer);
			await claiming;
			const patience = Promise.withResolvers<void>();
			const cut = setTimeout(patience.resolve, ms);
			await Promise.race([Promise.all(underWay), patience.promise]);
			clearTimeout(cut);
			if (underWay.size > 0) deps.log.warn({ messages: underWay.size }, "stopped before these messages were settled");
		},
	};
}

/** Never rejects: a message that breaks its sending has used up an attempt, and the others go on. */
async function sendOne(
	deps: OutboxDeps,
	claimed: Claimed,
	{ sendTimeoutMs, backOff }: { sendTimeoutMs: number; backOff: BackOff },
): Promise<void> {
	const about = { delivery: claimed.id, channel: claimed.channel, attempt: claimed.attempts };
	try {
		if (claimed.late) return await giveUp(deps.db, claimed, "dead", "It could not be sent in time.");
		if (claimed.opted_out) return await giveUp(deps.db, claimed, "dead", "The phone has opted out.");
		const result = await attempt(deps, claimed, sendTimeoutMs);
		await settle(deps.db, claimed, result, backOff);
		if (result.ok) deps.log.info(about, "message sent");
		else deps.log.warn({ ...about, retryable: result.retryable, code: result.code }, "message not sent");
	} catch (error) {
		// The lease stays; the message is due again when it ends.
		deps.log.error({ ...about, reason: reasonOf(error) }, "message could not be settled");
	}
}

/** What a bug throws counts as an attempt that may go better next time; its number is limited. */
async function attempt(deps: OutboxDeps, claimed: Claimed, sendTimeoutMs: number): Promise<DeliveryResult> {
	const channel = deps.channels.get(claimed.channel);
	if (channel === undefined) return { ok: false, retryable: true, reason: "The server has no such channel now." };
	const signal = AbortSignal.timeout(sendTimeoutMs);
	try {
		const message = renderMessage(contentOf(claimed), channel.style);
		const address = deps.vault.open(claimed.address_sealed);
		const sending = channel.deliver(address, message, { signal, idempotencyKey: claimed.id });
		return await withinSignal(sending, signal);
	} catch (error) {
		deps.log.error({ delivery: claimed.id, stack: stackOf(error) }, "sending a message failed by a bug");
		const retryable = claimed.attempts < maxBugs;
		return { ok: false, retryable, reason: "The server could not make this message." };
	}
}

const maxBugs = 5;

/** A channel that ignores its signal must not hold its place for ever. */
function withinSignal(sending: Promise<DeliveryResult>, signal: AbortSignal): Promise<DeliveryResult> {
	const timedOut = Promise.withResolvers<DeliveryResult>();
	const onAbort = () =>
		timedOut.resolve({ ok: false, retryable: true, reason: "The provider did not answer in time." });
	signal.addEventListener("abort", onAbort, { once: true });
	return Promise.race([sending, timedOut.promise]);
}

function contentOf(claimed: Claimed): MessageContent {
	if (claimed.notice !== null) return { kind: "notice", notice: claimed.notice };
	const { type, details, accepted_ms, held_since_ms, held_before } = claimed;
	if (type === null || details === null || accepted_ms === null)
		throw new Error("A message has neither event nor notice.");
	const held = {
		count: held_before,
		since: new Date(held_since_ms ?? 0),
		now: new Date(accepted_ms),
		timeZone: claimed.time_zone,
	};
	return {
		kind: "event",
		type,
		details,
		description: claimed.description ?? "",
		handle: claimed.handle,
		held: held_before > 0 && held_since_ms !== null ? held : undefined,
	};
}

function reasonOf(error: unknown): string {
	return error instanceof Error ? error.message : "unknown";
}

function stackOf(error: unknown): string {
	return error instanceof Error ? (error.stack ?? error.message) : "unknown";
}
