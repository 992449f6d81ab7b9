import { describe, expect, it } from "vitest";
import { parseReply, replyTokenIn } from "./email-reply.ts";

const token = "a2b3c4d5e6f7g2h3";
const box = { inboundDomain: "in.example.com", ownAddress: "notify@mail.example" };
const passed = (domain: string) =>
	`amazonses.com; spf=pass (spfCheck: x) client-ip=1.2.3.4; envelope-from=ann@${domain}; helo=${domain}; dkim=pass header.i=@${domain}; dmarc=pass header.from=${domain};`;

function mail(more: object = {}, headers: Record<string, unknown> = {}) {
	return {
		object: "email",
		from: "Ann Example <ann@gmail.com>",
		text: "yes\n\nOn Fri, Nov 20, 2026 at 12:00 PM Claude <notify@mail.example> wrote:\n> done?\n",
		html: null,
		...more,
		headers: {
			"return-path": "<ann@gmail.com>",
			from: "Ann Example <ann@gmail.com>",
			"authentication-results": passed("gmail.com"),
			...headers,
		},
	};
}
/** As it comes over the wire. */
const read = (given: unknown) => parseReply(JSON.parse(JSON.stringify(given)), "id-1", token, box);

describe("a mail that answers one of ours", () => {
	it("is its sender's word for the session of its token, and counts by Resend's id of it", () => {
		expect(read(mail())).toEqual({
			provider: "resend",
			providerEventId: "id-1",
			channel: "email",
			sender: "ann@gmail.com",
			text: "yes",
			pointer: { token },
			tokenRequired: true,
		});
	});

	it.each([
		["without the From header, which Resend does not promise", mail({}, { from: undefined })],
		["with the receiver's result in a list", mail({}, { "authentication-results": [passed("gmail.com"), "mx; x=y"] })],
		[
			"with the receiver's result in a list in a string",
			mail({}, { "authentication-results": JSON.stringify([passed("gmail.com"), "mx; x=y"]) }),
		],
		["with names of headers in capitals", mail({}, { "Authentication-Results": passed("gmail.com") })],
		["in HTML alone", mail({ text: null, html: "<div>yes</div>" })],
	])("is taken %s", (_, given) => {
		expect(read(given)).toMatchObject({ sender: "ann@gmail.com", text: "yes" });
	});

	it.each([
		["nobody vouches for the sender", mail({}, { "authentication-results": undefined })],
		["another domain is vouched for", mail({}, { "authentication-results": passed("evil.example") })],
		[
			"the sender vouches for themself below",
			mail({}, { "authentication-results": ["amazonses.com; dmarc=fail header.from=gmail.com;", passed("gmail.com")] }),
		],
		["there are two From headers", mail({}, { from: ["ann@gmail.com", "mallory@evil.example"] })],
		["there are two From headers in a string", mail({}, { from: '["ann@gmail.com","mallory@evil.example"]' })],
		["two mailboxes are in From", mail({}, { from: "ann@gmail.com, mallory@evil.example" })],
		["From and what Resend read there differ", mail({ from: "mallory@gmail.com" })],
		["the address stands in the name", mail({ from: "ann@gmail.com <m@evil.example>" }, { from: undefined })],
		["a program wrote it", mail({}, { "auto-submitted": "auto-replied" })],
		["it is our own", mail({ from: "notify@mail.example" }, { from: "notify@mail.example" })],
		["it comes from our own reply addresses", mail({ from: "r+x@in.example.com" }, { from: undefined })],
		["it is no mail", { object: "email" }],
		["it is nothing", null],
	])("is nobody's when %s (rows 128, 130)", (_, given) => {
		expect(read(given)).toBeUndefined();
	});

	it("from ourselves stays ours however well it is signed (row 130)", () => {
		const headers = { from: undefined, "authentication-results": passed("mail.example") };
		expect(read(mail({ from: "notify@mail.example" }, headers))).toBeUndefined();
		expect(read(mail({ from: "other@mail.example" }, headers))).toMatchObject({ sender: "other@mail.example" });
	});
});

describe("the token of a mail", () => {
	it.each([
		[[`r+${token}@in.example.com`]],
		[["bob@gmail.com", `Claude <r+${token}@in.example.com>`]],
		[[`R+${token.toUpperCase()}@IN.Example.com`]],
	])("is in the recipients %j", (recipients) => {
		expect(replyTokenIn(recipients, box.inboundDomain)).toBe(token);
	});

	it.each([
		[[]],
		[["ann@in.example.com"]],
		[[`r+${token}@example.com`]],
		[[`r+${token}@in.example.com.evil.example`]],
		[[`x+${token}@in.example.com`]],
		[[`r+${token}x@in.example.com`]],
		[["r+short@in.example.com"]],
		[[`"r+${token}@in.example.com" <bob@gmail.com>`]],
	])("is not in %j", (recipients) => {
		expect(replyTokenIn(recipients, box.inboundDomain)).toBeUndefined();
	});
});
