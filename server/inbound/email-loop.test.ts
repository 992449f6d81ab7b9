import { describe, expect, it } from "vitest";
import { loadMails } from "../../tests/helpers/mails.ts";
import { isAutomatic } from "./email-loop.ts";

const mails = await loadMails();
const automatic = mails.filter(({ expected }) => expected === "drop");
const persons = mails.filter(({ expected }) => expected !== "drop");

describe("isAutomatic", () => {
	it("has fixtures of both kinds", () => {
		expect(automatic.length).toBeGreaterThanOrEqual(8);
		expect(persons.length).toBeGreaterThanOrEqual(24);
	});

	it.each(automatic)("$name is no person's mail (row 130)", ({ headers, from }) => {
		expect(isAutomatic(headers, from)).toBe(true);
	});

	it.each(persons)("$name is a person's mail (row 130)", ({ headers, from }) => {
		expect(isAutomatic(headers, from)).toBe(false);
	});

	it.each([
		["a mail of our own", { "Auto-Submitted": "auto-generated" }, "notify@mail.claude-notify.dev"],
		["parameters", { "auto-submitted": "auto-replied; owner-email=ann@gmail.com" }, "ann@gmail.com"],
		["capitals", { "AUTO-SUBMITTED": "Auto-Replied", PRECEDENCE: "Bulk" }, "ann@gmail.com"],
		["one that says no and one that does not", { "auto-submitted": ["no", "auto-replied"] }, "ann@gmail.com"],
		["values joined with commas", { precedence: "first-class, bulk" }, "ann@gmail.com"],
		["a list of values", { precedence: ["first-class", "auto_reply"] }, "ann@gmail.com"],
		["a null sender", { "return-path": "<>" }, "ann@gmail.com"],
		["no sender", {}, ""],
		["a name without an address", {}, "Ann <>"],
		["a postmaster with a name", {}, "Mail Delivery <PostMaster@mx.example.org>"],
	])("knows %s (row 130)", (_what, headers, from) => {
		expect(isAutomatic(headers, from)).toBe(true);
	});

	it.each([
		["says that a person wrote it", { "auto-submitted": "no" }, "ann@gmail.com"],
		["may be answered automatically", { "x-auto-response-suppress": "None" }, "ann@gmail.com"],
		["goes first class", { precedence: "first-class" }, "ann@gmail.com"],
		["has a list in its subject", { subject: "[list] List-Id: x" }, "ann@gmail.com"],
		["comes from somebody whose name begins so", {}, "postmaster.ann@gmail.com"],
		["has parts", { "content-type": 'multipart/alternative; boundary="multipart/report"' }, "ann@gmail.com"],
	])("takes a mail that %s (row 130)", (_what, headers, from) => {
		expect(isAutomatic(headers, from)).toBe(false);
	});
});
