import { SegmentedMessage } from "sms-segments-calculator";
import { describe, expect, it } from "vitest";
import { sms } from "../../channels/sms.ts";
import { telegram } from "../../channels/telegram.ts";
import { renderMessage } from "../render-message.ts";
import type { ApprovalNews, ApprovalNotice } from "./approval-notice.ts";

const about = { kind: "approval", handle: "b", number: 3, description: "billing", what: "Bash: rm -r build" } as const;
const say = (notice: ApprovalNotice, { definition } = sms) =>
	renderMessage({ kind: "notice", notice }, definition.style);
const size = { key: "Size?", question: "Which size?", options: [{ label: "S" }, { label: "L" }], multi_select: false };

describe("what a phone is told of a request, by SMS", () => {
	const cases: [ApprovalNews, string][] = [
		[{ said: "answered", how: "allowed" }, "you said yes to Bash: rm -r build"],
		[{ said: "answered", how: "allowed_session" }, "you said yes for the rest of the session to Bash: rm -r build"],
		[{ said: "answered", how: "denied", reason: true }, "you said no to Bash: rm -r build. Claude gets your reason."],
		[{ said: "answered", how: "chosen", chosen: "Blue" }, "Claude gets your answer: Blue"],
		[{ said: "over", by: "phone" }, "nothing was done, it was answered from a phone before: Bash: rm -r build"],
		[{ said: "over", by: "time" }, "nothing was done, its time was over: Bash: rm -r build"],
		[{ said: "withdrawn", reason: "terminal", outcome: "denied" }, "denied at the terminal: Bash: rm -r build"],
		[{ said: "withdrawn", reason: "cancelled", outcome: "unknown" }, "no answer is needed any more: Bash: rm -r build"],
		[{ said: "expired" }, "nobody answered in time: Bash: rm -r build. Only the computer can answer it now."],
		[{ said: "too_late" }, "your answer came too late, the terminal was first: Bash: rm -r build"],
		[
			{ said: "code", left: 2 },
			"wrong code, 2 tries are left. Nothing was done; to allow Bash: rm -r build, reply b #3 y and the four digits of its message.",
		],
		[{ said: "locked" }, "three wrong codes. No phone can allow it any more, only the computer: Bash: rm -r build"],
		[{ said: "how", hint: "Reply b #3 y or b #3 n" }, "that is no answer to Bash: rm -r build. Reply b #3 y or b #3 n"],
		[
			{ said: "next", question: size, at: 2, of: 3, code: "bcdfghjkmp" },
			"question 2 of 3: Which size?\n1 = S\n2 = L\nReply b #3 1 or b #3 2, or b #3 + your own words",
		],
	];

	it.each(cases)("says %j in one segment", (news, words) => {
		const { text } = say({ ...about, ...news });
		expect(text).toBe(`(b) "billing": ${words}`);
		expect(new SegmentedMessage(text)).toMatchObject({ encodingName: "GSM-7", segmentsCount: 1 });
	});

	it("lists what an answer could mean, with a button for each where there are buttons", () => {
		const choices = [
			{ handle: "b", number: 3, what: "Bash: rm -r build", reply: "bcdfghjkmpy" },
			{ handle: "d", number: 1, what: "Edit: src/app.ts", reply: "zxwvtsqpmky" },
		];
		const which = { kind: "approval", said: "which", answer: "y", choices } as const;
		expect(say(which).text).toBe(
			"Which one?\nb #3: Bash: rm -r build\nd #1: Edit: src/app.ts\nReply with its number: b #3 y",
		);
		expect(say(which, telegram).actions).toEqual([
			{ label: "b #3: Bash: rm -r build", reply: "bcdfghjkmpy" },
			{ label: "d #1: Edit: src/app.ts", reply: "zxwvtsqpmky" },
		]);
	});
});
