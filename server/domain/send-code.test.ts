import { SegmentedMessage } from "sms-segments-calculator";
import { describe, expect, it } from "vitest";
import { codeText } from "./send-code.ts";

describe("the text of a code", () => {
	it("holds one group of six digits and no other digit, in one GSM-7 segment (row 33)", () => {
		const text = codeText({ name: "sms" }, "012345");
		expect(text).toMatch(/^\D*\d{6}\D*$/);
		expect(text).toContain("claude-notify code: 012345");
		const segmented = new SegmentedMessage(text);
		expect(segmented.segmentsCount).toBe(1);
		expect(segmented.getEncodingName()).toBe("GSM-7");
	});

	it("says by SMS, and only there, how to stop and what it costs", () => {
		expect(codeText({ name: "sms" }, "012345")).toMatch(/STOP to opt out, HELP for help\. Msg&data rates may apply\.$/);
		expect(codeText({ name: "email" }, "012345")).not.toContain("STOP");
	});
});
