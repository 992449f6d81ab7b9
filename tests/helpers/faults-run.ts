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
	/** What the server had under way when it was killed, where the database can be asked. */
	underWay: ReadonlySet<string> | undefined;
}

export interface FaultsPlan {
	events: readonly PlannedEvent[];
	perSecond: number;
	kills: number;
	restarts: number;
	random: () => number;
}

export interface FaultsWorld {
	server: FaultsServer;
	provider: FaultsProvider;
	/** Cuts the database off and brings it back. */
	restartDatabase?(): Promise<void>;
	/** The deliveries that are leased at this moment. */
	underWay?(): Promise<ReadonlySet<string>>;
}

export interface FaultsRun {
	accepted: Accepted[];
	faults: Fault[];
}

/** Reports the events at their pace while the faults come at their moments; resolves when all were accepted and all faults are over. */
export async function runFaults(world: FaultsWorld, plan: FaultsPlan): Promise<FaultsRun> {
	const lengthMs = (plan.events.length / plan.perSecond) * 1000;
	const begun = performance.now();
	const faults = injectFaults(world, planFaults(plan, lengthMs), { begun, random: plan.random });
	faults.catch(() => undefined);
	const reports: Promise<Accepted>[] = [];
	// A companion sends one after the other: what comes while the server is away waits in its spool.
	const spools = new Map<string, Promise<unknown>>();
	for (const [n, event] of plan.events.entries()) {
		const due = begun + (n / plan.perSecond) * 1000 - performance.now();
		if (due > 0) await sleep(due);
		const { sessionId } = event.by;
		const before = spools.get(sessionId) ?? Promise.resolve();
		const report = before.then(() => reportUntilAccepted(world.server.url, event, plan.random));
		// One that failed is told of when all have been made.
		report.catch(() => undefined);
		spools.set(sessionId, report);
		reports.push(report);
	}
	const [accepted, happened] = await Promise.all([Promise.all(reports), faults]);
	return { accepted, faults: happened };
}

interface PlannedFault {
	kind: Fault["kind"];
	afterMs: number;
}

function planFaults({ kills, restarts, random }: FaultsPlan, lengthMs: number): PlannedFault[] {
	const at = (kind: Fault["kind"]) => ({ kind, afterMs: lengthMs * (0.03 + 0.94 * random()) });
	const planned = [
		...Array.from({ length: kills }, () => at("kill")),
		...Array.from({ length: restarts }, () => at("restart")),
	];
	return planned.toSorted((a, b) => a.afterMs - b.afterMs);
}

/** One after the other: a fault whose moment passed while the one before was still mended comes up to three seconds after it. */
async function injectFaults(
	world: FaultsWorld,
	planned: readonly PlannedFault[],
	{ begun, random }: { begun: number; random: () => number },
): Promise<Fault[]> {
	const { server } = world;
	const faults: Fault[] = [];
	for (const { kind, afterMs } of planned) {
		const upAt = faults.at(-1)?.upAt ?? 0;
		const wait = Math.max(begun + afterMs, upAt + 3000 * random()) - performance.now();
		if (wait > 0) await sleep(wait);
		const at = performance.now();
		let underWay: Fault["underWay"];
		if (kind === "kill") {
			await server.kill();
			underWay = await world.underWay?.();
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
