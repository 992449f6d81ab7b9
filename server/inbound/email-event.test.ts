import { describe, expect, it } from "vitest";
import { parseResendEvent } from "./email-event.ts";

const delivery = "01990000-0000-7000-8000-000000000001";
const data = {
	email_id: "56761188-7520-42d8-8898-ff6fc54ce618",
	created_at: "2026-11-20T12:00:00.000Z",
	from: "Claude <notify@mail.example>",
	to: ["ann@gmail.com"],
	subject: "(b) api",
	tags: { delivery },
};
const event = (type: string, more: object = {}) =>
	parseResendEvent({ type: `email.${type}`, created_at: data.created_at, data: { ...data, ...more } });
const bounce = (type: string, subType: string) =>
	event("bounced", { bounce: { type, subType, message: "smtp; 550 ann@gmail.com", diagnosticCode: [] } });
const receiptIn = (parsed: ReturnType<typeof parseResendEvent>) => {
	if (parsed?.kind !== "receipt") throw new Error("that is no receipt");
	return parsed.receipt;
};

describe("Resend's word on a mail of ours", () => {
	it("names our own delivery, since it can come before the answer to the request", () => {
		expect(event("delivered")).toEqual({
			kind: "receipt",
			receipt: {
				channel: "email",
				providerId: data.email_id,
				deliveryId: delivery,
				state: "delivered",
				receipt: "delivered",
				reason: undefined,
				optedOut: false,
			},
		});
		for (const tags of [undefined, null, [], { delivery: "pairing-x-1" }, { delivery: 1 }]) {
			expect(receiptIn(event("delivered", { tags })).deliveryId).toBeUndefined();
		}
	});

	it.each([
		["Permanent", "General", true, /does not exist/],
		["Permanent", "NoEmail", true, /does not exist/],
		["Transient", "MailboxFull", false, /full/],
		["Transient", "General", false, /could not be delivered/],
		["Undetermined", "Undetermined", false, /could not be delivered/],
		["Something", "new & odd", false, /could not be delivered/],
	])("that it bounced (%s, %s) means failed; opted out: %s", (type, subType, optedOut, reason) => {
		const receipt = receiptIn(bounce(type, subType));
		expect(receipt).toMatchObject({ state: "failed", optedOut, reason: expect.stringMatching(reason) });
		expect(JSON.stringify(receipt)).not.toContain("ann@gmail.com");
	});

	it.each([
		["complained", "delivered", true],
		["suppressed", "failed", true],
		["failed", "failed", false],
	])("that it %s means %s; opted out: %s", (type, state, optedOut) => {
		expect(receiptIn(event(type))).toMatchObject({ state, optedOut, receipt: type });
	});
});

describe("what Resend says beside that", () => {
	it("is that a mail came, with everybody that it was sent to", () => {
		const more = { to: ["r+a@in.example.com"], cc: ["bob@gmail.com"], received_for: ["r+b@in.example.com"] };
		expect(event("received", more)).toEqual({
			kind: "arrival",
			arrival: {
				emailId: data.email_id,
				recipients: ["r+b@in.example.com", "r+a@in.example.com", "bob@gmail.com"],
			},
		});
		expect(event("received", { cc: null })).toMatchObject({ arrival: { recipients: ["ann@gmail.com"] } });
	});

	it.each([
		{},
		null,
		"email.delivered",
		{ type: "email.delivered" },
		{ type: "email.opened", data },
		{ type: "email.sent", data },
		{ type: "email.delivery_delayed", data },
		{ type: "contact.created", data: { id: "x" } },
		{ type: "email.delivered", data: { ...data, email_id: "../../emails" } },
		{ type: "email.received", data: { ...data, email_id: "../api-keys" } },
	])("is nothing to us: %j", (body) => {
		expect(parseResendEvent(body)).toBeUndefined();
	});
});
