import { describe, expect, it } from "vitest";
import { verifyTwilio } from "./twilio-signature.ts";

/** Twilio's own published example (docs/usage/security). */
const published = {
	token: "12345",
	url: new URL("https://example.com/myapp.php?foo=1&bar=2"),
	body: "CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212",
	signature: "L/OH5YylLD5NRKLltdqwSvS0BnU=",
};

function verifies(change: Partial<typeof published>): boolean {
	const { token, ...request } = { ...published, ...change };
	return verifyTwilio(token, request) !== undefined;
}

describe("verifyTwilio", () => {
	it("accepts the vendor's published example and yields its parameters", () => {
		expect(verifyTwilio(published.token, published)?.get("Caller")).toBe("+14158675310");
	});

	it.each([
		["a changed value", { body: published.body.replace("1234&", "1235&") }],
		["an added parameter", { body: `${published.body}&Added=1` }],
		["a parameter taken out", { body: published.body.replace("&Digits=1234", "") }],
		["plain http", { url: new URL("http://example.com/myapp.php?foo=1&bar=2") }],
		["another host", { url: new URL("https://evil.example/myapp.php?foo=1&bar=2") }],
		["another path", { url: new URL("https://example.com/myapp.php/?foo=1&bar=2") }],
		["another query", { url: new URL("https://example.com/myapp.php?foo=1&bar=3") }],
		["another token", { token: "12346" }],
		["an empty signature", { signature: "" }],
		["a longer signature", { signature: `${published.signature}=` }],
	])("refuses %s", (_, change) => {
		expect(verifies(change)).toBe(false);
	});

	it("refuses a request without a signature", () => {
		expect(verifyTwilio(published.token, { ...published, signature: undefined })).toBeUndefined();
	});

	it("is not fooled by parameters that are named like an object's own", () => {
		expect(verifies({ body: `${published.body}&__proto__=x&constructor=y` })).toBe(false);
	});
});
