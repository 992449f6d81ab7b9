import { describe, expect, it } from "vitest";
import { readLimit } from "./setting-values.ts";
import { settingOf, settings, settingsPatch } from "./settings.ts";

const taken = (given: object) => settingsPatch.parse(given);
const refusal = (given: object) => {
	const result = settingsPatch.safeParse(given);
	if (result.success) throw new Error(`${JSON.stringify(given)} was taken`);
	return result.error.issues.map(({ path, message }) => [...path, message].join(": ")).join("\n");
};

describe("a change of settings", () => {
	it.each([
		["quiet", "22:00-07:00", "22:00-07:00"],
		["quiet", " 22 - 7:30 ", "22:00-07:30"],
		["quiet", "OFF", "off"],
		["quiet_except", "None", "none"],
		["time_zone", "europe/berlin", "Europe/Berlin"],
		["time_zone", "Asia/Kolkata", "Asia/Kolkata"],
		["time_zone", "Etc/GMT+5", "Etc/GMT+5"],
		["delay", "30", 30],
		["delay", 45, 45],
		["delay", "2m", 120],
		["delay", "off", 0],
		["presence", "1h", 3600],
		["progress", "5m", 300],
		["priority.done", "high", "high"],
		["priority.turn_failed", "low", "low"],
		["limit.metered.done", "1/30m", "1/30m"],
		["limit.sms.error", "3 / 1H", "3/1h"],
		["quiet", null, null],
	])("%s=%j is stored as %j", (key, typed, stored) => {
		expect(taken({ [key]: typed })).toEqual({ [key]: stored });
	});

	it.each([
		["quiet", "22:00"],
		["quiet", "22:00-22:00"],
		["quiet", "24:00-07:00"],
		["quiet", "1-2-3"],
		["quiet_except", "urgent"],
		["time_zone", "Berlin"],
		["time_zone", "+05:30"],
		["time_zone", "Europe/Berlin; drop table"],
		["delay", "301"],
		["delay", "-1"],
		["delay", "1.5"],
		["delay", ""],
		["presence", "2h"],
		["progress", "59"],
		["priority.done", "quiet"],
		["limit.metered.done", "0/30m"],
		["limit.metered.done", "1/2d"],
		["limit.metered.done", "1"],
		["limit.metered.done", "1001/1h"],
		["limit.metered.done", "1/1m/1m"],
	])("%s=%j is refused with what it must look like", (key, typed) => {
		expect(refusal({ [key]: typed })).toMatch(new RegExp(`^${key.replaceAll(".", "\\.")}: must`));
	});

	it.each([
		"colour",
		"templates",
		"priority",
		"priority.nothing",
		"limit.sms",
		"limit.sms.turn_failed",
		"limit.SMS.done",
	])("of %s, which there is not, names all that there are", (key) => {
		const words = refusal(JSON.parse(`{${JSON.stringify(key)}:"1"}`));
		expect(words).toContain("time_zone, quiet, quiet_except, delay, presence, progress");
		expect(words).toContain("limit.<channel, metered or free>.<event>");
	});

	it("takes all of it or nothing", () => {
		expect(refusal({ quiet: "22-7", delay: "soon" })).toContain("delay");
	});
});

describe("each setting", () => {
	it.each(settings.map((setting) => [setting.key, setting] as const))(
		"%s takes its own default back",
		(_key, setting) => {
			expect(setting.value.parse(setting.default)).toBe(setting.default);
			expect(settingOf(setting.key)).toBe(setting);
		},
	);
});

it.each([
	["1/30m", { count: 1, seconds: 1800 }],
	["3/90", { count: 3, seconds: 90 }],
	["20/1h", { count: 20, seconds: 3600 }],
	["many/1h", undefined],
])("the limit %s is %j", (text, limit) => {
	expect(readLimit(text)).toEqual(limit);
});
