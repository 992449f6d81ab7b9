import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { refusalOf } from "./twilio-refusal.ts";

const attempt = { signal: AbortSignal.timeout(1000), retryAfter: undefined };

describe("what Twilio's SDK throws", () => {
	it("passes a bug on without the SDK's object, which holds the credentials", () => {
		const bug = Object.assign(new TypeError("x is not a function: Basic QUM6c2VjcmV0"), { config: { auth: "secret" } });
		let thrown: unknown;
		try {
			refusalOf(bug, attempt);
		} catch (error) {
			thrown = error;
		}
		expect(thrown).toEqual(new Error("Twilio's SDK failed with TypeError."));
		expect(inspect(thrown, { depth: 10 })).not.toMatch(/QUM6|secret/);
		expect(() => refusalOf("nonsense", attempt)).toThrow("a value that is no error");
	});

	it.each([
		[21211, 400, false],
		[21408, 400, false],
		[21610, 400, false],
		[21611, 400, true],
		[21614, 400, false],
		[21635, 400, false],
		[20429, 429, true],
		[20003, 401, false],
		[20500, 500, true],
		[99_999, 403, false],
	])("takes code %i with status %i for %s to try again", (code, status, retryable) => {
		const message = "The 'To' number +15551238912 …";
		const result = refusalOf(Object.assign(new Error(message), { status, code, message }), attempt);
		expect(result).toMatchObject({ ok: false, retryable, code: String(code), reason: expect.stringMatching(/\.$/) });
		expect(inspect(result)).not.toContain("8912");
		expect("optedOut" in result).toBe(code === 21610);
	});

	it("reads the wait that came with a 503", () => {
		const error = Object.assign(new Error("busy"), { status: 503 });
		expect(refusalOf(error, { ...attempt, retryAfter: "30" })).toMatchObject({ retryable: true, retryAfterMs: 30_000 });
	});
});
