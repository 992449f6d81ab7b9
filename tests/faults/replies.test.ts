import { expect, it } from "vitest";
import { chooseSeed, fullForm, seededRandom } from "../helpers/faults-random.ts";
import { type Fleet, startFleet } from "../helpers/fleet.ts";
import { type FleetRun, runFleet } from "../helpers/fleet-run.ts";
import type { Seat } from "../helpers/fleet-seat.ts";
import { judgeSeat, missing, type SeatVerdict } from "../helpers/fleet-verdict.ts";
import { until } from "../helpers/until.ts";

const size = fullForm
	? {
			seats: [3, 2] as const,
			replies: 200,
			everyMs: 1200,
			faults: { companion: 4, client: 4, clear: 2 },
			serverKills: 12,
		}
	: {
			seats: [1, 1] as const,
			replies: 30,
			everyMs: 1000,
			faults: { companion: 1, client: 1, clear: 0 },
			serverKills: 3,
		};
const calm = { lost: [], doubled: [], overtook: [], forgotten: [] };

const troubled = ({ lost, doubled, overtook, forgotten }: SeatVerdict) => [
	...lost,
	...doubled,
	...overtook,
	...forgotten,
];

/** Somebody prompts in each session now and then, until it has had every reply and the servers know. */
async function allSeen({ model, statesOf }: Fleet, seat: Seat, { sent, diary }: FleetRun): Promise<void> {
	const marks = sent.get(seat) ?? [];
	const isOver = async () =>
		missing(seat, marks, model.requests).length === 0 && (await statesOf(seat)).every((state) => state === "seen");
	const describe = async () => {
		const lost = missing(seat, marks, model.requests);
		const stories = await Promise.all(lost.map((mark) => seat.storyOf(mark)));
		const open = (await statesOf(seat)).filter((state) => state !== "seen");
		const told = [`${seat.name} lacks ${lost}; not seen: ${open}`, ...stories, ...diary];
		return [...told, await seat.companionLog(), await seat.screen()].join("\n");
	};
	for (let left = 12; ; left--) {
		const over = await until(isOver, 8000, describe).catch((error: unknown) => {
			if (left === 0) throw error;
		});
		if (over === true) return;
		await seat.prompt();
	}
}

it("each of many replies reaches its session once and in order, while companions, clients and servers are killed (rows 66, 121, 123)", {
	timeout: 180_000 + size.replies * size.everyMs * 4,
}, async () => {
	const seed = chooseSeed();
	process.stdout.write(`FAULTS_SEED=${seed}\n`);
	const random = seededRandom(seed);
	await using fleet = await startFleet({ seats: size.seats, random, answerMs: 1000 });
	const run = await runFleet(fleet, { ...size, random });
	const seats = [...run.sent.keys()];
	await Promise.all(seats.map((seat) => allSeen(fleet, seat, run)));
	for (const seat of seats) {
		const marks = run.sent.get(seat) ?? [];
		const verdict = judgeSeat(seat, marks, fleet.model.requests);
		const wrong = marks.filter((_mark, n) => marks.slice(n, n + 2).some((mark) => troubled(verdict).includes(mark)));
		const stories = await Promise.all(wrong.map((mark) => seat.storyOf(mark)));
		const told = [`${seat.name} (FAULTS_SEED=${seed}):`, ...stories, ...run.diary].join("\n");
		expect(verdict, told).toEqual(calm);
		expect(await fleet.statesOf(seat)).toEqual(Array(size.replies).fill("seen"));
	}
	expect(fleet.servers.flatMap((server) => server.unexpectedEnds())).toEqual([]);
});
