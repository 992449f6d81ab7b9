import { describe, expect, it } from "vitest";
import { noAnswer, tooLong } from "./email-resend-http.ts";
import { refusalOf } from "./email-resend-refusal.ts";

const refused = (statusCode: number | null, code: string, headers: Record<string, string> | null = {}) =>
	refusalOf({ statusCode, code, headers });

describe("a mail that Resend does not take", () => {
	it.each([
		[401, "missing_api_key", /RESEND_API_KEY/],
		[401, "restricted_api_key", /RESEND_API_KEY/],
		[403, "invalid_api_key", /RESEND_API_KEY/],
		[403, "validation_error", /RESEND_FROM/],
		[422, "invalid_from_address", /RESEND_FROM/],
		[422, "validation_error", /address/],
		[409, "invalid_idempotent_request", /another mail/],
		[429, "monthly_quota_exceeded", /in a month/],
		[400, "something_new", /something_new/],
		[404, "", /could not be read|404/],
		[302, "", /could not be read|302/],
	])("for good: %i %s", (status, code, reason) => {
		expect(refused(status, code)).toMatchObject({ ok: false, retryable: false, reason: expect.stringMatching(reason) });
	});

	it.each([
		[429, "rate_limit_exceeded", /at the moment/],
		[429, "daily_quota_exceeded", /in a day/],
		[409, "concurrent_idempotent_requests", /busy/],
		[500, "application_error", /application_error/],
		[503, "", /could not be read|503/],
		[408, "", /could not be read|408/],
		[null, noAnswer, /could not be reached/],
		[null, "", /could not be read/],
		[200, tooLong, /could not be read/],
	])("for now: %s %s", (status, code, reason) => {
		expect(refused(status, code)).toMatchObject({ ok: false, retryable: true, reason: expect.stringMatching(reason) });
	});

	it("carries Resend's own wait and code", () => {
		expect(refused(429, "rate_limit_exceeded", { "retry-after": "7" })).toMatchObject({
			retryAfterMs: 7000,
			code: "rate_limit_exceeded",
		});
		expect(refused(503, "", {})).toMatchObject({ code: "503" });
		expect(refused(null, noAnswer, null)).toMatchObject({ code: noAnswer });
	});
});
