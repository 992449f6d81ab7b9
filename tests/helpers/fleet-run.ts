import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "./faults-random.ts";
import type { Fleet, Owner } from "./fleet.ts";
import type { Seat } from "./fleet-seat.ts";

export type SeatFault = "companion" | "client" | "clear";

export interface FleetRunPlan {
	/** To each seat. */
	replies: number;
	/** Between two replies to a seat. The client's own inbox drops what comes faster than some 400 ms for long. */
	everyMs: number;
	/** What happens to each seat, in an order and at moments of the generator's. */
	faults: Record<SeatFault, number>;
	serverKills: number;
	random: () => number;
}

export interface FleetRun {
	/** The marks of the replies to each seat that a server took, in the order in which they were sent. */
	sent: ReadonlyMap<Seat, readonly string[]>;
	/** What happened when, for whoever has to understand a failure. */
	diary: string[];
}

/** A reply's mark: it stands in the conversation wherever the reply does, and nowhere else. */
export const markPattern = /<(\d\d-\d{4})>/g;

/** Sends every reply while the faults come; resolves when all were taken and everything is up again. */
export async function runFleet(fleet: Fleet, plan: FleetRunPlan): Promise<FleetRun> {
	const begun = performance.now();
	const diary: string[] = [];
	const note = (what: string) => diary.push(`${((performance.now() - begun) / 1000).toFixed(1)} s: ${what}`);
	const lengthMs = plan.replies * plan.everyMs;
	/** What goes on at the same time has a generator of its own: its numbers do not depend on who asks first. */
	const own = () => seededRandom(plan.random() * 2 ** 32);
	/** The moments of so many things, first to last. */
	const moments = (count: number, random: () => number) =>
		Array.from({ length: count }, () => begun + lengthMs * random()).toSorted((a, b) => a - b);

	async function send(owner: Owner, seat: Seat, sent: string[], random = own()): Promise<void> {
		const handle = await fleet.handleOf(seat);
		for (let n = 1; n <= plan.replies; n++) {
			const due = begun + n * plan.everyMs * (0.9 + 0.1 * random()) - performance.now();
			if (due > 0) await sleep(due);
			const mark = `${seat.name.slice(-2)}-${String(n).padStart(4, "0")}`;
			await fleet.passReplyLimits();
			await owner.phone.reply(`${handle}: step <${mark}>`);
			sent.push(mark);
		}
	}
	async function harm(seat: Seat, random = own()): Promise<void> {
		const kinds = Object.entries(plan.faults).flatMap(([kind, count]) => Array<string>(count).fill(kind));
		const shuffled = kinds.map((kind) => ({ kind, by: random() })).toSorted((a, b) => a.by - b.by);
		for (const [n, at] of moments(kinds.length, random).entries()) {
			await sleep(Math.max(0, at - performance.now()));
			await strike(seat, shuffled[n]?.kind ?? "", { random, note });
		}
	}
	async function harmServers(random = own()): Promise<void> {
		for (const at of moments(plan.serverKills, random)) {
			await sleep(Math.max(0, at - performance.now()));
			const victim = fleet.servers[Math.floor(random() * fleet.servers.length)];
			note(`server ${victim?.url.port} is killed`);
			await victim?.kill();
			await sleep(1500 * random());
			await victim?.start();
			note(`server ${victim?.url.port} is up`);
		}
	}
	const sent = new Map<Seat, string[]>();
	const work: Promise<void>[] = [harmServers()];
	for (const owner of fleet.owners) {
		for (const seat of owner.seats) {
			const marks: string[] = [];
			sent.set(seat, marks);
			work.push(send(owner, seat, marks), harm(seat));
		}
	}
	try {
		await Promise.all(work);
	} catch (error) {
		throw new Error(`The run broke off:\n${diary.join("\n")}`, { cause: error });
	}
	return { sent, diary };
}

async function strike(
	seat: Seat,
	kind: string,
	{ random, note }: { random: () => number; note: (what: string) => void },
): Promise<void> {
	note(`${seat.name}: ${kind}`);
	if (kind === "clear") {
		await seat.clear();
	} else {
		if (kind === "companion") await seat.killCompanion(2000 * random());
		await seat.killClient();
		note(`${seat.name}: the client is gone`);
		await sleep(1500 * random());
		await seat.resume();
	}
	note(`${seat.name}: goes on`);
}
