import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type Accepted, reportUntilAccepted } from "./faults-client.ts";
import type { PlannedEvent } from "./faults-people.ts";
import type { FaultsProvider } from "./faults-provider.ts";
import type { FaultsServer } from "./faults-server.ts";
import { until } from "./until.ts";

export interface Fault {
	kind: "kill" | "restart";
	/** When it began, by performance.now(). */
	at: number;
	/** When whatever was killed was up again. */
	upAt: number;
	/** What the server had under way when it was killed, as the database has it. */
	underWay: ReadonlySet<string> | undefined;
}

export interface FaultsPlan {
	events: readonly PlannedEvent[];
	/** At most; fewer where the machine cannot take them. */
	perSecond: number;
	/** Events that may wait for their answer at the same time, so that a slow machine is given no more than it takes. */
	atOnce: number;
	kills: number;
	restarts: number;
	random: () => number;
}

export interface FaultsWorld {
	server: FaultsServer;
	provider: FaultsProvider;
	/** Cuts the database off and brings it back. */
	restartDatabase?(): Promise<void>;
	/** The deliveries that are not noted as sent at this moment, in which no server runs. */
	underWay(): Promise<ReadonlySet<string>>;
}

export interface FaultsRun {
	accepted: Accepted[];
	faults: Fault[];
}

/** Reports the events at their pace while the faults come at their moments; resolves when all were accepted and all faults are over. */
export async function runFaults(world: FaultsWorld, plan: FaultsPlan): Promise<FaultsRun> {
	const progress = new Progress();
	const faults = injectFaults(world, planFaults(plan), { progress, random: plan.random });
	faults.catch(() => undefined);
	const reports: Promise<Accepted>[] = [];
	// A companion sends one after the other: what comes while the server is away waits in its spool.
	const spools = new Map<string, Promise<unknown>>();
	let due = performance.now();
	for (const event of plan.events) {
		await progress.open(plan.atOnce);
		const wait = due - performance.now();
		if (wait > 0) await sleep(wait);
		due = Math.max(due, performance.now() - 1000) + 1000 / plan.perSecond;
		const { sessionId } = event.by;
		const before = spools.get(sessionId) ?? Promise.resolve();
		const report = before.then(() => reportUntilAccepted(world.server.url, event, plan.random));
		// One that failed is told of when all have been made.
		report.catch(() => undefined).finally(() => progress.answered());
		progress.reported();
		spools.set(sessionId, report);
		reports.push(report);
	}
	const [accepted, happened] = await Promise.all([Promise.all(reports), faults]);
	return { accepted, faults: happened };
}

/** How far the events are, for whoever waits for it. */
class Progress {
	#reported = 0;
	#answered = 0;
	readonly #changed = new EventEmitter().setMaxListeners(0);

	reported(): void {
		this.#reported += 1;
		this.#changed.emit("change");
	}

	answered(): void {
		this.#answered += 1;
		this.#changed.emit("change");
	}

	/** Resolves when fewer than so many wait for their answer. */
	async open(atOnce: number): Promise<void> {
		while (this.#reported - this.#answered >= atOnce) await once(this.#changed, "change");
	}

	/** Resolves when so many have been reported. */
	async reach(count: number): Promise<void> {
		while (this.#reported < count) await once(this.#changed, "change");
	}
}

interface PlannedFault {
	kind: Fault["kind"];
	/** It comes after so many events. */
	after: number;
}

function planFaults({ events, kills, restarts, random }: FaultsPlan): PlannedFault[] {
	const at = (kind: Fault["kind"]) => ({ kind, after: events.length * (0.03 + 0.94 * random()) });
	const planned = [
		...Array.from({ length: kills }, () => at("kill")),
		...Array.from({ length: restarts }, () => at("restart")),
	];
	return planned.toSorted((a, b) => a.after - b.after);
}

/** One after the other: a fault whose moment passed while the one before was still mended comes up to three seconds after it. */
async function injectFaults(
	world: FaultsWorld,
	planned: readonly PlannedFault[],
	{ progress, random }: { progress: Progress; random: () => number },
): Promise<Fault[]> {
	const { server } = world;
	const faults: Fault[] = [];
	for (const { kind, after } of planned) {
		await progress.reach(after);
		const upAt = faults.at(-1)?.upAt ?? 0;
		const wait = upAt + 3000 * random() - performance.now();
		if (wait > 0) await sleep(wait);
		const at = performance.now();
		let underWay: Fault["underWay"];
		if (kind === "kill") {
			await server.kill();
			underWay = await world.underWay();
			await server.start();
		} else {
			await world.restartDatabase?.();
		}
		faults.push({ kind, at, upAt: performance.now(), underWay });
	}
	return faults;
}

/** Resolves when the provider has had every message. */
export async function allTaken(provider: FaultsProvider, count: number, timeoutMs: number): Promise<void> {
	const keys = () => new Set(provider.taken.map(({ key }) => key)).size;
	await until(
		() => keys() === count,
		timeoutMs,
		() => `the provider has ${keys()} of ${count} messages`,
	);
}
