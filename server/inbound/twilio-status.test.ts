import { describe, expect, it } from "vitest";
import { parseTwilioStatus } from "./twilio-status.ts";

const sid = `SM${"0".repeat(32)}`;
const parse = (params: Record<string, string>, delivery?: string | null) =>
	parseTwilioStatus(new URLSearchParams({ MessageSid: sid, Added: "later", ...params }), delivery);

describe("Twilio's status callback", () => {
	it.each([
		["sent", "sent"],
		["delivered", "delivered"],
		["read", "delivered"],
		["undelivered", "failed"],
		["failed", "failed"],
		["canceled", "failed"],
	] as const)("says %s for %s (row 119)", (MessageStatus, state) => {
		expect(parse({ MessageStatus })).toMatchObject({ channel: "sms", providerId: sid, state, receipt: MessageStatus });
	});

	it("keeps the error code and says it in words", () => {
		expect(parse({ MessageStatus: "undelivered", ErrorCode: "30003" })).toMatchObject({
			receipt: "undelivered 30003",
			reason: "The phone is switched off or cannot be reached.",
			optedOut: false,
		});
		expect(parse({ MessageStatus: "undelivered", ErrorCode: "39999" })?.reason).toBe(
			"The SMS was not delivered (39999).",
		);
		expect(parse({ MessageStatus: "failed", ErrorCode: "21610" })?.optedOut).toBe(true);
		expect(parse({ MessageStatus: "delivered" })?.reason).toBeUndefined();
	});

	it("takes the delivery's id from our own callback URL, and only a UUID", () => {
		const id = "01990000-0000-7000-8000-000000000001";
		expect(parse({ MessageStatus: "sent" }, id)?.deliveryId).toBe(id);
		for (const odd of [null, undefined, "", "1", "x' or 1=1"]) {
			expect(parse({ MessageStatus: "sent" }, odd)).toMatchObject({ state: "sent", deliveryId: undefined });
		}
	});

	it.each([
		{ MessageStatus: "queued" },
		{ MessageStatus: "sending" },
		{ MessageStatus: "invented" },
		{ MessageStatus: "__proto__" },
		{ MessageStatus: "constructor" },
		{ MessageSid: "1", MessageStatus: "sent" },
		{ MessageSid: sid },
	])("has nothing to say about %j", (params) => {
		expect(parse(params)).toBeUndefined();
	});
});
