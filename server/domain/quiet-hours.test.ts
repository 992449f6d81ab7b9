import { describe, expect, it } from "vitest";
import { quietUntil, readQuietHours } from "./quiet-hours.ts";

const hours = (text: string) => {
	const read = readQuietHours(text);
	if (read === undefined) throw new Error(`${text} are no quiet hours`);
	return read;
};
const until = (text: string, zone: string, now: string) => quietUntil(hours(text), zone, new Date(now))?.toISOString();

describe("quiet hours", () => {
	it.each([
		// a usual night in winter (UTC+1) and in summer (UTC+2)
		["22:00-07:00", "Europe/Berlin", "2026-01-10T20:59:59.999Z", undefined],
		["22:00-07:00", "Europe/Berlin", "2026-01-10T21:00:00Z", "2026-01-11T06:00:00.000Z"],
		["22:00-07:00", "Europe/Berlin", "2026-01-11T05:59:59.999Z", "2026-01-11T06:00:00.000Z"],
		["22:00-07:00", "Europe/Berlin", "2026-01-11T06:00:00Z", undefined],
		["22:00-07:00", "Europe/Berlin", "2026-07-10T20:00:00Z", "2026-07-11T05:00:00.000Z"],
		// within one day
		["12:30-13:30", "Europe/Berlin", "2026-01-10T11:29:59Z", undefined],
		["12:30-13:30", "Europe/Berlin", "2026-01-10T12:00:00Z", "2026-01-10T12:30:00.000Z"],
		["00:00-06:00", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T06:00:00.000Z"],
		["20:00-00:00", "UTC", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00.000Z"],
		["20:00-00:00", "UTC", "2026-01-01T00:00:00Z", undefined],
		// zones without summer time, with half hours and quarters, on both sides of the date line
		["22:00-07:00", "Asia/Kolkata", "2026-03-29T16:29:59Z", undefined],
		["22:00-07:00", "Asia/Kolkata", "2026-03-29T16:30:00Z", "2026-03-30T01:30:00.000Z"],
		["22:00-07:00", "Asia/Kathmandu", "2026-03-29T16:15:00Z", "2026-03-30T01:15:00.000Z"],
		["22:00-07:00", "Pacific/Kiritimati", "2026-01-01T08:00:00Z", "2026-01-01T17:00:00.000Z"],
		["22:00-07:00", "Pacific/Pago_Pago", "2026-01-01T09:00:00Z", "2026-01-01T18:00:00.000Z"],
		["22:00-07:00", "Asia/Tokyo", "2026-03-29T13:00:00Z", "2026-03-29T22:00:00.000Z"],
	])("%s in %s at %s end %s (row 114)", (text, zone, now, end) => {
		expect(until(text, zone, now)).toBe(end);
	});

	it.each([
		// Berlin, 29 March 2026: 02:00 becomes 03:00; the night is an hour shorter
		["22:00-07:00", "Europe/Berlin", "2026-03-28T21:00:00Z", "2026-03-29T05:00:00.000Z"],
		// an end that the clock jumps over is the moment of the jump
		["22:00-02:30", "Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T01:00:00.000Z"],
		["22:00-02:30", "Europe/Berlin", "2026-03-29T01:00:00Z", undefined],
		// and so is a begin
		["02:30-04:00", "Europe/Berlin", "2026-03-29T00:59:59Z", undefined],
		["02:30-04:00", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00.000Z"],
		// 25 October 2026: 03:00 becomes 02:00; the night is an hour longer
		["22:00-07:00", "Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-25T06:00:00.000Z"],
		// 02:30 comes at 00:30Z and at 01:30Z: quiet begins with the first and ends with the last, once
		["22:00-02:30", "Europe/Berlin", "2026-10-25T00:29:00Z", "2026-10-25T01:30:00.000Z"],
		["22:00-02:30", "Europe/Berlin", "2026-10-25T00:45:00Z", "2026-10-25T01:30:00.000Z"],
		["22:00-02:30", "Europe/Berlin", "2026-10-25T01:30:00Z", undefined],
		["02:30-04:00", "Europe/Berlin", "2026-10-25T00:29:59Z", undefined],
		["02:30-04:00", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T03:00:00.000Z"],
		// New York, 8 March and 1 November 2026
		["22:00-07:00", "America/New_York", "2026-03-08T03:00:00Z", "2026-03-08T11:00:00.000Z"],
		["22:00-02:30", "America/New_York", "2026-03-08T06:59:59Z", "2026-03-08T07:00:00.000Z"],
		["22:00-07:00", "America/New_York", "2026-11-01T02:00:00Z", "2026-11-01T12:00:00.000Z"],
		["22:00-01:30", "America/New_York", "2026-11-01T05:45:00Z", "2026-11-01T06:30:00.000Z"],
		// half an hour of summer time, and midnight that does not exist
		["22:00-02:15", "Australia/Lord_Howe", "2026-10-03T15:29:00Z", "2026-10-03T15:30:00.000Z"],
		["22:00-00:30", "Africa/Cairo", "2026-04-23T21:00:00Z", "2026-04-23T22:00:00.000Z"],
	])("%s in %s at %s, in the night of the changing clock, end %s (row 114)", (text, zone, now, end) => {
		expect(until(text, zone, now)).toBe(end);
	});

	/** The ends that are named in the sixty hours from the evening on, in order, without repetitions in a row. */
	function endsOf(text: string, zone: string, evening: string): string[] {
		const quarters = Array.from({ length: 60 * 4 }, (_, n) => Date.parse(`${evening}T00:00Z`) + n * 15 * 60_000);
		const ends = quarters.map((at) => until(text, zone, new Date(at).toISOString()) ?? "");
		return ends.filter((end, n) => end !== "" && end !== ends[n - 1]);
	}

	it.each(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])(
		"are one stretch without a break in %s, whatever the clock does in between (row 114)",
		(zone) => {
			for (const night of ["2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31"]) {
				for (const text of ["22:00-07:00", "22:30-02:15", "01:30-02:30"]) {
					const ends = endsOf(text, zone, night);
					expect(ends.length).toBeGreaterThan(1);
					expect(new Set(ends).size).toBe(ends.length);
				}
			}
		},
	);

	it.each(["off", "", undefined, 7, "22:00-22:00", "22-7", "22:00"])("are none where %j is stored", (stored) => {
		expect(readQuietHours(stored)).toBeUndefined();
	});
});
