import { describe, expect, it } from "vitest";
import { parseTwilioMessage } from "./twilio-message.ts";

const good = {
	MessageSid: `SM${"0a".repeat(16)}`,
	From: "+15551238912",
	Body: "b go on",
	NumMedia: "0",
	Added1f: "new",
};
const parse = (params: Record<string, string>) => parseTwilioMessage(new URLSearchParams(params));

describe("parseTwilioMessage", () => {
	it("reads an SMS and ignores the parameters that Twilio adds", () => {
		expect(parse(good)).toEqual({
			provider: "twilio",
			providerEventId: good.MessageSid,
			channel: "sms",
			sender: "+15551238912",
			text: "b go on",
			keyword: undefined,
		});
	});

	it.each([
		["STOP", "stop"],
		["START", "start"],
		["HELP", "help"],
		["SOMETHING", undefined],
	])("takes OptOutType %s for the account's own keyword %s", (OptOutType, keyword) => {
		expect(parse({ ...good, OptOutType })?.keyword).toBe(keyword);
	});

	it("takes a picture without words for an empty text", () => {
		const { Body: _, ...rest } = good;
		expect(parse(rest)?.text).toBe("");
	});

	it.each([{ From: "whatsapp:+15551238912" }, { From: "32665" }, { MessageSid: "CA00" }, { MessageSid: "" }])(
		"takes %o for no SMS of a person",
		(change) => {
			expect(parse({ ...good, ...change })).toBeUndefined();
		},
	);
});
