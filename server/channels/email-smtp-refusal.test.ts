import { describe, expect, it } from "vitest";
import { smtpRefusalOf } from "./email-smtp-refusal.ts";

/** As nodemailer throws it. */
const error = (fields: object) =>
	Object.assign(new Error("550 <ann@gmail.com> s3cret"), { response: "550 <ann@gmail.com>", ...fields });

describe("a mail that the server does not take", () => {
	it.each([
		[{ code: "EENVELOPE", responseCode: 550, command: "RCPT TO" }, "550", /mail address/],
		[{ code: "EENVELOPE", responseCode: 550, command: "MAIL FROM" }, "550", /SMTP_FROM/],
		[{ code: "EENVELOPE", responseCode: 530, command: "MAIL FROM" }, "530", /SMTP_URL/],
		[{ code: "EMESSAGE", responseCode: 552, command: "DATA" }, "552", /refused the mail \(552\)/],
		[{ code: "EPROTOCOL", responseCode: 554, command: "CONN" }, "554", /refused/],
		[{ code: "EAUTH", responseCode: 535, command: "AUTH PLAIN" }, "535", /SMTP_URL/],
		[{ code: "EAUTH", command: "API" }, "EAUTH", /SMTP_URL/],
		[{ code: "ETLS", responseCode: 500, command: "STARTTLS" }, "500", /certificate/],
		[{ code: "ESOCKET", originalCode: "DEPTH_ZERO_SELF_SIGNED_CERT" }, "DEPTH_ZERO_SELF_SIGNED_CERT", /certificate/],
		[{ code: "ESOCKET", originalCode: "CERT_HAS_EXPIRED" }, "CERT_HAS_EXPIRED", /certificate/],
		[{ code: "ESOCKET", originalCode: "ERR_TLS_CERT_ALTNAME_INVALID" }, "ERR_TLS_CERT_ALTNAME_INVALID", /certificate/],
		[{ code: "ESOCKET", originalCode: "ERR_SSL_WRONG_VERSION_NUMBER" }, "ERR_SSL_WRONG_VERSION_NUMBER", /TLS/],
	])("for good: %j", (fields, code, reason) => {
		const result = smtpRefusalOf(error(fields));
		expect(result).toEqual({ ok: false, retryable: false, code, reason: expect.stringMatching(reason) });
	});

	it.each([
		[{ code: "EENVELOPE", responseCode: 451, command: "RCPT TO" }, "451"],
		[{ code: "EPROTOCOL", responseCode: 421, command: "CONN" }, "421"],
		[{ code: "EAUTH", responseCode: 454, command: "AUTH PLAIN" }, "454"],
		[{ code: "ETLS", responseCode: 454, command: "STARTTLS" }, "454"],
		[{ code: "ESOCKET", originalCode: "ECONNREFUSED" }, "ECONNREFUSED"],
		[{ code: "EDNS", originalCode: "ENOTFOUND" }, "ENOTFOUND"],
		[{ code: "ECONNECTION" }, "ECONNECTION"],
		[{ code: "ETIMEDOUT" }, "ETIMEDOUT"],
		[{ code: "EABORT" }, "EABORT"],
	])("for now: %j", (fields, code) => {
		expect(smtpRefusalOf(error(fields))).toMatchObject({ ok: false, retryable: true, code });
	});

	it("never says what the server said, which quotes the address", () => {
		const fields = { code: "EENVELOPE", responseCode: 550, command: "RCPT TO", originalCode: "ann@gmail.com" };
		expect(JSON.stringify(smtpRefusalOf(error(fields)))).not.toMatch(/ann|s3cret/);
	});

	it.each([error({}), error({ code: "EFILEACCESS" }), new TypeError("ann@gmail.com"), "ann@gmail.com"])(
		"is a bug otherwise, and goes on without the library's words",
		(thrown) => {
			expect(() => smtpRefusalOf(thrown)).toThrow(/^nodemailer failed with [\w ]+\.$/);
		},
	);
});
