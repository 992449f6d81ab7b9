/** A time of day on a date, on the wall clock of a zone. */
export interface WallTime {
	year: number;
	/** 1 to 12; days and months out of range carry over. */
	month: number;
	day: number;
	/** Minutes since midnight. */
	minutes: number;
}

const minute = 60_000;
const day = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one takes longer than all the rest. Zones were checked before they were stored, so there are not many. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
	const known = formats.get(timeZone);
	if (known !== undefined) return known;
	const numeric = "numeric" as const;
	const format = new Intl.DateTimeFormat("en-US", {
		timeZone,
		hourCycle: "h23",
		year: numeric,
		month: numeric,
		day: numeric,
		hour: numeric,
		minute: numeric,
		second: numeric,
	});
	formats.set(timeZone, format);
	return format;
}

/** What the zone's wall clock shows, as if it were UTC; to the second. */
function shown(timeZone: string, at: number): number {
	const parts = new Map(
		formatOf(timeZone)
			.formatToParts(at)
			.map(({ type, value }) => [type, Number(value)]),
	);
	const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
	return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

function offsetAt(timeZone: string, at: number): number {
	const whole = Math.floor(at / 1000) * 1000;
	return shown(timeZone, whole) - whole;
}

/** What the wall clock of the zone shows at this instant. */
export function wallTime(timeZone: string, at: Date): WallTime {
	const local = new Date(shown(timeZone, at.getTime()));
	return {
		year: local.getUTCFullYear(),
		month: local.getUTCMonth() + 1,
		day: local.getUTCDate(),
		minutes: local.getUTCHours() * 60 + local.getUTCMinutes(),
	};
}

/**
 * When the zone's wall clock shows this. A time that comes twice, as the clock goes back, is the `first` or the `last` of the two;
 * one that the clock jumps over is the moment of the jump.
 */
export function instantOf(timeZone: string, wall: WallTime, which: "first" | "last"): Date {
	const asUtc = Date.UTC(wall.year, wall.month - 1, wall.day) + wall.minutes * minute;
	const offsets = [asUtc - day, asUtc + day].map((near) => offsetAt(timeZone, near));
	const hits = offsets.map((offset) => asUtc - offset).filter((at) => at + offsetAt(timeZone, at) === asUtc);
	if (hits.length > 0) return new Date(which === "first" ? Math.min(...hits) : Math.max(...hits));
	return new Date(jumpIn(timeZone, asUtc - Math.max(...offsets), asUtc - Math.min(...offsets)));
}

/** The first minute between the two whose offset is that of the second. */
function jumpIn(timeZone: string, before: number, after: number): number {
	const wanted = offsetAt(timeZone, after);
	let [low, high] = [before, after];
	while (high - low > minute) {
		const middle = low + Math.floor((high - low) / (2 * minute)) * minute;
		if (offsetAt(timeZone, middle) === wanted) high = middle;
		else low = middle;
	}
	return high;
}
