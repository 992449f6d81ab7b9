import { instantOf, wallTime } from "./zone-time.ts";

const known = new Map<string, { from: Date; end: Date }>();

/** When the day that `now` is in ends on the wall clock of the zone: what may be done so often a day may be done again from then on. */
export function endOfDay(timeZone: string, now: Date): Date {
	const last = known.get(timeZone);
	// Every event asks, and the answer is the same all day long.
	if (last !== undefined && last.from <= now && now < last.end) return last.end;
	const today = wallTime(timeZone, now);
	const end = instantOf(timeZone, { ...today, day: today.day + 1, minutes: 0 }, "first");
	known.set(timeZone, { from: now, end });
	return end;
}
