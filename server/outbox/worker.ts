import { setTimeout as sleep } from "node:timers/promises";
import type { Deps } from "../domain/deps.ts";
import { buryLate } from "./bury-late.ts";
import { type Claimed, claimDeliveries } from "./claim.ts";
import { fallBack } from "./fall-back.ts";
import { Flights } from "./flights.ts";
import { Lanes } from "./lanes.ts";
import { onceInARow, oneAtATime } from "./one-at-a-time.ts";
import { type BackOff, defaultBackOff } from "./retry-delay.ts";
import { type SendDeps, sendOne } from "./send.ts";
import { type SentMessage, sentStore } from "./store-sent.ts";

export interface OutboxOptions {
	/** Messages of one channel that are under way at the same time. */
	concurrency?: number;
	pollMs?: number;
	/** Renewed at a third of it while a send is under way: only a worker that died loses its lease. */
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

/** The least time between the beginnings of two claims. */
const gapMs = 3;
/** With no more messages under way than this there is no rush, and the next one is claimed as it comes. */
const few = 2;

type OutboxDeps = SendDeps & Pick<Deps, "id">;

/** Sends what is queued, in this process, beside any other that does the same on the same database. */
export function startOutbox(deps: OutboxDeps, options: OutboxOptions = {}): Outbox {
	const { concurrency = 20, pollMs = 1000, leaseSeconds = 8, sendTimeoutMs = 15_000 } = options;
	const gone = new AbortController();
	const lanes = new Lanes(deps.channels, concurrency);
	const flights = new Flights();
	const store = sentStore(deps.db);
	const sending = {
		sendTimeoutMs,
		backOff: options.backOff ?? defaultBackOff,
		store: (message: SentMessage) => store(message).then(() => flights.noteSent(message.id)),
		gone: gone.signal,
	};
	const note = (message: string) => onceInARow(deps.log, message);
	let stopped = false;
	let pause: NodeJS.Timeout | undefined;

	function begin(claimed: Claimed): void {
		// The provider's place is free with its answer; noting that down takes the database's time, not the provider's.
		const leave = onceOnly(() => {
			if (lanes.end(claimed.channel)) wake();
		});
		const send = (each: Claimed) => sendOne(deps, each, { ...sending, answered: leave }).finally(leave);
		const end = (late: Claimed | undefined) => (late === undefined || stopped ? wake() : begin(late));
		if (flights.begin(claimed, send, end)) lanes.begin(claimed.channel);
	}
	const claims = oneAtATime(async () => {
		const soonest = performance.now() + gapMs;
		const { rooms, pauseMs } = lanes.allowance();
		if (stopped) return;
		if (rooms.length > 0) {
			for (const each of await flights.claimed(() => claimDeliveries(deps.db, { rooms, leaseSeconds }))) begin(each);
		}
		clearTimeout(pause);
		// Of both looks: what the claim was not allowed may be allowed by now, and then only the first one knows that it was held back.
		const againMs = Math.min(pauseMs ?? pollMs, lanes.allowance().pauseMs ?? pollMs);
		if (againMs < pollMs) pause = setTimeout(wake, againMs);
		// What comes meanwhile is claimed together: a claim of one row costs nearly as much as one of twenty.
		const left = soonest - performance.now();
		if (left > 0 && flights.size > few) await sleep(left);
	}, note("the outbox cannot read its queue"));
	const cares = oneAtATime(async () => {
		if (stopped) return;
		await buryLate(deps.db);
		if (await fallBack(deps)) wake();
	}, note("the outbox cannot look after what did not arrive"));
	const renew = () => flights.renew(deps.db, leaseSeconds);
	const renewals = oneAtATime(renew, note("the outbox cannot renew its leases"));

	function wake(): void {
		if (!stopped) claims.run();
	}
	const poll = setInterval(() => {
		wake();
		cares.run();
	}, pollMs);
	const renewal = setInterval(renewals.run, (leaseSeconds * 1000) / 3);
	wake();
	return {
		wake,
		async stop(ms) {
			stopped = true;
			clearInterval(poll);
			await Promise.all([claims.idle(), cares.idle()]);
			clearTimeout(pause);
			await atMost(ms, flights.ended());
			clearInterval(renewal);
			gone.abort();
			await renewals.idle();
			if (flights.size > 0) deps.log.warn({ messages: flights.size }, "stopped before these messages were settled");
		},
	};
}

function onceOnly(work: () => void): () => void {
	let done = false;
	return () => {
		if (!done) work();
		done = true;
	};
}

/** Waits for `work`, at most `ms`. */
async function atMost(ms: number, work: Promise<void>): Promise<void> {
	const patience = Promise.withResolvers<void>();
	const cut = setTimeout(patience.resolve, ms);
	await Promise.race([work, patience.promise]);
	clearTimeout(cut);
}
