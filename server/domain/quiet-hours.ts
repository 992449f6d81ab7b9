import { instantOf, type WallTime, wallTime } from "./zone-time.ts";

/** Times of day in minutes since midnight; an end before its begin is on the next day. */
export interface QuietHours {
	from: number;
	to: number;
}

/** `22:00-07:00` as it is stored; undefined for everything else. */
export function readQuietHours(stored: unknown): QuietHours | undefined {
	const found = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(typeof stored === "string" ? stored : "");
	if (found === null) return undefined;
	const [fromHours = 0, fromMinutes = 0, toHours = 0, toMinutes = 0] = found.slice(1).map(Number);
	const hours = { from: fromHours * 60 + fromMinutes, to: toHours * 60 + toMinutes };
	return hours.from === hours.to ? undefined : hours;
}

/** When the quiet hours that `now` is in end, on the wall clock of the zone; undefined outside of them. The hour that comes twice belongs to them both times. */
export function quietUntil({ from, to }: QuietHours, timeZone: string, now: Date): Date | undefined {
	const today = wallTime(timeZone, now);
	const at = (days: number, minutes: number): WallTime => ({ ...today, day: today.day + days, minutes });
	for (const begun of [-1, 0]) {
		const begin = instantOf(timeZone, at(begun, from), "first");
		const end = instantOf(timeZone, at(to <= from ? begun + 1 : begun, to), "last");
		if (begin <= now && now < end) return end;
	}
	return undefined;
}
