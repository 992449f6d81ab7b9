import type { FaultsProvider, Taken } from "./faults-provider.ts";
import type { Fault, FaultsRun } from "./faults-run.ts";

export interface Verdict {
	duplicates: number;
	/** Duplicates that no kill explains: each is a bug. */
	unexplained: string[];
	/** The longest time in milliseconds from a fault until what was accepted before it had left, and until an event was accepted. */
	slowestDelivery: number;
	slowestAccept: number;
}

/** `deliveries` is from event id to delivery id. */
export function judge(run: FaultsRun, provider: FaultsProvider, deliveries: ReadonlyMap<string, string>): Verdict {
	const kills = run.faults.filter(({ kind }) => kind === "kill");
	const unexplained: string[] = [];
	let duplicates = 0;
	const byKey = Map.groupBy(provider.taken, ({ key }) => key);
	for (const takes of byKey.values()) {
		for (const [n, again] of takes.entries()) {
			const before = takes[n - 1];
			if (before === undefined) continue;
			duplicates += 1;
			if (!kills.some((kill) => explains(kill, before, again))) {
				unexplained.push(`${again.key} at ${Math.round(before.at)} and ${Math.round(again.at)}`);
			}
		}
	}
	const late = run.accepted.map(({ event, at }) => {
		const left = byKey.get(deliveries.get(event.id) ?? "")?.[0]?.at ?? Number.POSITIVE_INFINITY;
		return left - Math.max(at, lastFaultBefore(run.faults, left));
	});
	const accepts = run.accepted.map(({ at }) => at).toSorted((a, b) => a - b);
	const silences = run.faults.flatMap(({ at }) => {
		const next = accepts.find((each) => each > at);
		return next === undefined ? [] : [next - at];
	});
	return {
		duplicates,
		unexplained,
		slowestDelivery: Math.round(Math.max(0, ...late)),
		slowestAccept: Math.round(Math.max(0, ...silences)),
	};
}

function explains({ at, underWay }: Fault, before: Taken, again: Taken): boolean {
	// The provider may have read a request just after its sender died.
	return before.at <= at + 500 && again.at >= at && underWay?.has(again.key) === true;
}

function lastFaultBefore(faults: readonly Fault[], moment: number): number {
	return Math.max(0, ...faults.filter(({ at }) => at < moment).map(({ at }) => at));
}
