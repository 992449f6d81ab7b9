import { setTimeout as sleep } from "node:timers/promises";
import type { Channel } from "./channels/channel.ts";
import { reasonOf } from "./db/errors.ts";
import type { Deps } from "./domain/deps.ts";
import { takeReceived } from "./domain/take-received.ts";
import { withLease } from "./lease.ts";

export interface Receivers {
	stop(): Promise<void>;
}

interface Task {
	channel: string;
	receive: NonNullable<Channel["receive"]>;
	/** This instance of the server. */
	holder: string;
}

interface Waits {
	/** After one failure, two, … in milliseconds; the last one goes on. */
	failures: readonly number[];
	/** How often an instance looks whether it is its turn. */
	idle: number;
	/** What ran for so long was well: the next failure is the first one. */
	healthy: number;
}

const usualWaits: Waits = { failures: [1000, 2000, 5000, 15_000, 60_000], idle: 5000, healthy: 60_000 };

/**
 * Runs what channels need to get messages in: Telegram's long-poll, or the registration of its webhook. Each runs on one
 * instance of the server at a time; a failure is said once, and tried again.
 */
export function startReceivers(deps: Deps, waits: Partial<Waits> = {}): Receivers {
	const stopping = new AbortController();
	const holder = deps.id();
	const running = [...deps.channels.values()].map(({ name, receive }) =>
		receive === undefined
			? undefined
			: keepReceiving(deps, { channel: name, receive, holder }, { ...usualWaits, ...waits }, stopping.signal),
	);
	return {
		async stop() {
			stopping.abort();
			await Promise.all(running);
		},
	};
}

async function keepReceiving(deps: Deps, task: Task, waits: Waits, signal: AbortSignal): Promise<void> {
	const { channel, receive, holder } = task;
	const lease = { db: deps.db, name: `receive:${channel}`, holder };
	const failures = new Failures(waits.failures);
	const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
	while (!signal.aborted) {
		const startedAt = performance.now();
		try {
			const done = await withLease(lease, signal, async (held) => {
				await receive((received) => takeReceived(deps, received), held);
				return !held.aborted;
			});
			if (done === true) return;
			failures.forget();
			await pause(waits.idle);
		} catch (error) {
			if (signal.aborted) return;
			if (performance.now() - startedAt > waits.healthy) failures.forget();
			const reason = reasonOf(error);
			if (failures.isNew(reason)) deps.log.warn({ channel, reason }, "messages cannot be received; trying again");
			await pause(failures.wait());
		}
	}
}

/** What goes wrong again and again is said once. */
class Failures {
	readonly #waits: readonly number[];
	#count = 0;
	#said: string | undefined;

	constructor(waits: readonly number[]) {
		this.#waits = waits;
	}

	forget(): void {
		this.#count = 0;
		this.#said = undefined;
	}

	isNew(reason: string): boolean {
		const isNew = reason !== this.#said;
		this.#said = reason;
		return isNew;
	}

	wait(): number {
		const wait = this.#waits[Math.min(this.#count, this.#waits.length - 1)] ?? 0;
		this.#count += 1;
		return wait;
	}
}
