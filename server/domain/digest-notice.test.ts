import { describe, expect, it } from "vitest";
import type { EventDetails, EventType } from "../../src/contract/events.ts";
import { sms } from "../channels/sms.ts";
import { digestNotice, digestWords } from "./digest-notice.ts";
import { renderMessage } from "./render-message.ts";

let clock = 0;
const group = (handle: string | null, type: EventType, count: number, last: EventDetails = {}, quiet = true) => ({
	session_id: `${handle}`,
	handle,
	description: handle === "b" ? "api" : "web",
	type,
	count,
	last,
	last_ms: ++clock,
	quiet,
});
const words = (groups: ReturnType<typeof group>[], quiet: unknown = "22:00-07:00") =>
	digestWords(digestNotice(groups, quiet));

describe("a digest", () => {
	it("says for each session what happened and what came last, the newest session first (row 114)", () => {
		const groups = [
			group("d", "error", 1, { tool_name: "Bash", error_message: "Exit code 3" }),
			group("b", "waiting", 1, { idle_minutes: 10 }),
			group("b", "done", 2, { message: "All **14** tests\npass" }),
		];
		expect(words(groups)).toBe(
			"While it was quiet (22:00-07:00):\n(b) api: done x2, waiting; last: All 14 tests pass\n(d) web: error; last: Bash: Exit code 3",
		);
	});

	it("of a mute does not speak of hours, nor does one of quiet hours that are off by now", () => {
		expect(words([group("b", "done", 1, { message: "ok" }, false)])).toBe(
			"While it was muted:\n(b) api: done; last: ok",
		);
		expect(words([group("b", "done", 1)], "off")).toMatch(/^While it was quiet:\n/);
		expect(words([group("b", "done", 1)], null)).toMatch(/^While it was quiet:\n/);
	});

	it("does not say twice what has no words of its own", () => {
		expect(words([group("b", "waiting", 1)])).toMatch(/\(b\) api: waiting$/);
	});

	it("names a session that has lost its letter, and counts those beyond the eighth", () => {
		const groups = Array.from({ length: 10 }, (_, n) => ({ ...group(null, "done", 1), session_id: `s${n}` }));
		expect(words(groups).split("\n")).toHaveLength(10);
		expect(words(groups)).toMatch(/\nand 2 more sessions$/);
	});

	it("masks secrets, steers no terminal and stays in one SMS, opt-out included", () => {
		const groups = ["b", "c", "d"].map((handle) =>
			group(handle, "done", 3, { message: `password=hunter2hunter2 \u001b[31m${"tests pass ".repeat(60)}` }),
		);
		const { text } = renderMessage(
			{ kind: "notice", notice: digestNotice(groups, "22:00-07:00") },
			sms.definition.style,
		);
		expect(text).not.toContain("hunter2hunter2");
		expect(text).not.toContain("\u001b");
		expect(text.length).toBeLessThanOrEqual(160);
		expect(text).toMatch(/^While it was quiet \(22:00-07:00\)/);
		expect(text).toMatch(/STOP/);
	});
});
