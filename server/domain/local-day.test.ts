import { describe, expect, it } from "vitest";
import { endOfDay } from "./local-day.ts";

describe("a user's day", () => {
	it.each([
		["UTC", "2026-01-10T00:00:00Z", "2026-01-11T00:00:00.000Z"],
		["UTC", "2026-01-10T23:59:59.999Z", "2026-01-11T00:00:00.000Z"],
		["Europe/Berlin", "2026-01-10T22:59:59Z", "2026-01-10T23:00:00.000Z"],
		["Europe/Berlin", "2026-01-10T23:00:00Z", "2026-01-11T23:00:00.000Z"],
		["America/New_York", "2026-12-31T12:00:00Z", "2027-01-01T05:00:00.000Z"],
		["Asia/Kolkata", "2026-06-01T18:29:59Z", "2026-06-01T18:30:00.000Z"],
		["Asia/Kolkata", "2026-06-01T18:30:00Z", "2026-06-02T18:30:00.000Z"],
		// days of 23 and of 25 hours
		["Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00.000Z"],
		["Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00.000Z"],
		["America/New_York", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00.000Z"],
		["America/New_York", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00.000Z"],
		// a midnight that does not exist, and one that comes twice
		["Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-23T22:00:00.000Z"],
		["America/Havana", "2026-10-31T12:00:00Z", "2026-11-01T04:00:00.000Z"],
	])("in %s at %s ends at %s (row 87)", (zone, now, end) => {
		expect(endOfDay(zone, new Date(now)).toISOString()).toBe(end);
	});

	it("is asked for again and again, forwards and back", () => {
		const asked = ["01T10", "01T20", "02T10", "01T09", "01T23", "02T00"].map((at) => new Date(`2026-02-${at}:00:00Z`));
		expect(asked.map((now) => endOfDay("UTC", now).getUTCDate())).toEqual([2, 2, 3, 2, 2, 3]);
	});
});
