import { describe, expect, it } from "vitest";
import type { EventDetails, EventType } from "../../src/contract/events.ts";
import { decide, type Policy } from "./policy.ts";

/** 23:00 in Berlin. */
const night = "2026-01-10T22:00:00Z";
const noon = "2026-01-10T11:00:00Z";
const ago = (now: string, seconds: number) => new Date(Date.parse(now) - seconds * 1000);

function policy(settings: Record<string, unknown>, more: Partial<Policy> = {}): Policy {
	return {
		now: new Date(night),
		timeZone: "Europe/Berlin",
		settings,
		mutedUntil: null,
		sessionMutedUntil: null,
		attendedAt: null,
		present: false,
		...more,
	};
}

const quiet = { quiet: "22:00-07:00" };
const until = new Date("2026-01-11T06:00:00Z");
const event = (type: EventType, details: EventDetails = {}) => ({ type, details });
const outcome = (settings: object, type: EventType, details: EventDetails = {}, more: Partial<Policy> = {}) =>
	decide(policy({ ...settings }, more), event(type, details)).outcome;

describe("without any setting", () => {
	it.each<EventType>([
		"done",
		"error",
		"waiting",
		"permission",
		"question",
		"progress",
		"session_lost",
		"task_finished",
	])("%s is sent at once, at night too", (type) => {
		expect(decide(policy({}), event(type))).toEqual({ outcome: "send", delaySeconds: 0 });
	});

	it("the start of a session is recorded, and in no digest", () => {
		expect(decide(policy({}), event("started"))).toMatchObject({ outcome: "muted", digestAt: undefined });
	});
});

describe("quiet hours", () => {
	it("hold back what is not important until they end, and say so (row 114)", () => {
		expect(decide(policy(quiet), event("done"))).toEqual({
			outcome: "quiet",
			why: "Quiet hours until 07:00.",
			digestAt: until,
		});
		expect(decide(policy(quiet, { now: new Date(noon) }), event("done")).outcome).toBe("send");
		expect(decide(policy(quiet, { now: until }), event("done")).outcome).toBe("send");
		expect(decide(policy(quiet, { now: new Date(until.getTime() - 1) }), event("done")).outcome).toBe("quiet");
	});

	it.each<[string, EventType, EventDetails, object, string]>([
		["a question comes through", "question", {}, {}, "send"],
		["a permission comes through", "permission", {}, {}, "send"],
		["a lost session comes through", "session_lost", {}, {}, "send"],
		["a turn that the API ended comes through", "error", { error_kind: "rate_limit" }, {}, "send"],
		["a tool that failed does not", "error", { tool_name: "Bash" }, {}, "quiet"],
		["nor does waiting", "waiting", {}, {}, "quiet"],
		["nor does a finished task", "task_finished", {}, {}, "quiet"],
		["nor does progress", "progress", {}, {}, "quiet"],
		["with none nothing does", "permission", {}, { quiet_except: "none" }, "quiet"],
		["with normal an end of a turn does", "done", {}, { quiet_except: "normal" }, "send"],
		["with normal progress does not", "progress", {}, { quiet_except: "normal" }, "quiet"],
		["with low everything does", "progress", {}, { quiet_except: "low" }, "send"],
		["a priority of one's own lifts a type", "done", {}, { "priority.done": "high" }, "send"],
		["a priority of one's own lowers a type", "question", {}, { "priority.question": "normal" }, "quiet"],
		["a failed turn has a priority of its own", "error", { error_kind: "x" }, { "priority.error": "low" }, "send"],
		["which can be lowered", "error", { error_kind: "x" }, { "priority.turn_failed": "low" }, "quiet"],
	])("%s (row 114)", (_name, type, details, settings, expected) => {
		expect(outcome({ ...quiet, ...settings }, type, details)).toBe(expected);
	});

	it("go by the user's zone and not by the server's", () => {
		expect(outcome(quiet, "done", {}, { timeZone: "America/New_York" })).toBe("send");
		expect(outcome(quiet, "done", {}, { timeZone: "Asia/Kolkata" })).toBe("quiet");
	});

	it("leave progress out of the digest", () => {
		expect(decide(policy(quiet), event("progress"))).toMatchObject({ outcome: "quiet", digestAt: undefined });
	});
});

describe("mute", () => {
	const later = new Date("2026-01-10T23:30:00Z");
	const soon = new Date("2026-01-10T22:30:00Z");

	it("holds back everything, what is urgent too, until the very instant of its end", () => {
		const all = { now: new Date(noon), mutedUntil: new Date("2026-01-10T13:00:00Z") };
		expect(decide(policy({}, all), event("permission"))).toEqual({
			outcome: "muted",
			why: "Everything was muted until 14:00.",
			digestAt: all.mutedUntil,
		});
		expect(decide(policy({}, { ...all, now: all.mutedUntil }), event("permission")).outcome).toBe("send");
	});

	it("of one session is that session's", () => {
		expect(decide(policy({}, { sessionMutedUntil: later }), event("done"))).toMatchObject({
			outcome: "muted",
			why: "This session was muted until 00:30.",
			digestAt: later,
		});
	});

	it("ends with the later of the two", () => {
		const both = { mutedUntil: soon, sessionMutedUntil: later };
		expect(decide(policy({}, both), event("done"))).toMatchObject({ digestAt: later });
		expect(decide(policy({}, { mutedUntil: later, sessionMutedUntil: soon }), event("done"))).toMatchObject({
			why: "Everything was muted until 00:30.",
		});
	});

	it("that is over counts no more", () => {
		expect(outcome({}, "done", {}, { mutedUntil: ago(night, 1), sessionMutedUntil: ago(night, 1) })).toBe("send");
	});
});

describe("presence", () => {
	const here = { presence: 60 };

	it.each<[string, object, Partial<Policy>, boolean | undefined, string]>([
		["is off at first", {}, { attendedAt: ago(night, 1), present: true }, true, "send"],
		["keeps silent after a prompt", here, { attendedAt: ago(night, 59) }, undefined, "present"],
		["ends after its seconds", here, { attendedAt: ago(night, 60) }, undefined, "send"],
		["needs somebody who typed", here, {}, undefined, "send"],
		["believes the presence file of the event", here, {}, true, "present"],
		["believes the event more than the last heartbeat", here, { present: true }, false, "send"],
		["believes the last heartbeat where the server made the event", here, { present: true }, undefined, "present"],
		[
			"goes before quiet hours: what was seen is no news",
			{ ...here, ...quiet },
			{ present: true },
			undefined,
			"present",
		],
	])("%s", (_name, settings, more, present, expected) => {
		expect(decide(policy({ ...settings }, more), { ...event("done"), present }).outcome).toBe(expected);
	});

	it("goes by the machine's own clock where the event says when somebody typed, however late it comes", () => {
		const happened = { occurred_at: "2020-01-01T00:01:00.000Z", type: "done" as const, details: {} };
		const typed = (attended: string) => decide(policy(here), { ...happened, attended }).outcome;
		expect(typed("2020-01-01T00:00:00.001Z")).toBe("present");
		expect(typed("2020-01-01T00:00:00.000Z")).toBe("send");
		expect(typed("2020-01-01T00:02:00.000Z")).toBe("send");
	});

	it("ends with an answer from the phone, also where a heartbeat of before was overtaken by it", () => {
		const happened = { occurred_at: "2020-01-01T00:01:00.000Z", type: "done" as const, details: {} };
		const typed = policy(here, { attendedAt: ago(night, 5) });
		expect(decide(typed, happened).outcome).toBe("present");
		expect(decide(typed, { ...happened, attended: null }).outcome).toBe("send");
	});

	it("does not hide that the session was lost", () => {
		expect(outcome(here, "session_lost", {}, { attendedAt: ago(night, 5), present: true })).toBe("send");
	});

	it("is told in no digest", () => {
		expect(decide(policy(here, { present: true }), event("done"))).toMatchObject({ digestAt: undefined });
	});
});

describe("a delay", () => {
	it("is for all but progress, which does not ring", () => {
		expect(decide(policy({ delay: 30 }), event("done"))).toEqual({ outcome: "send", delaySeconds: 30 });
		expect(decide(policy({ delay: 30 }), event("progress"))).toEqual({ outcome: "send", delaySeconds: 0 });
	});
});

it.each([
	[null],
	["text"],
	[{ quiet: 7, delay: "soon", presence: -1, quiet_except: {}, "priority.done": 3, templates: { done: "x" } }],
])("settings that nobody stored (%j) are the defaults", (settings) => {
	const odd = { ...policy({}), settings };
	expect(decide(odd, event("done"))).toEqual({ outcome: "send", delaySeconds: 0 });
});
