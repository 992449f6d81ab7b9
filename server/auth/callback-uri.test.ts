import { describe, expect, it } from "vitest";
import { callbackSource, callbackWith, isLoopbackCallback } from "./callback-uri.ts";

describe("a callback", () => {
	it.each(["http://127.0.0.1:49152/cb", "http://[::1]:1/cb", "http://127.0.0.1:65535", "http://127.0.0.1:8080/"])(
		"may be the listener %s",
		(uri) => expect(isLoopbackCallback(uri)).toBe(true),
	);

	it.each([
		"https://evil",
		"https://127.0.0.1:49152/cb",
		"http://127.0.0.1/cb",
		"http://127.0.0.1:0/cb",
		"http://127.0.0.1:65536/cb",
		"http://localhost:49152/cb",
		"http://127.0.0.1.evil.example:49152/cb",
		"http://127.0.0.1:49152@evil.example/cb",
		"http://evil.example:49152/cb#http://127.0.0.1:1/",
		"http://127.0.0.2:49152/cb",
		"http://127.1:49152/cb",
		"http://0x7f000001:49152/cb",
		"http://127.0.0.1:49152/cb?next=https://evil.example",
		"http://127.0.0.1:49152/cb;script-src *",
		"http://127.0.0.1:49152\\@evil.example/",
		"HTTP://127.0.0.1:49152/cb",
		" http://127.0.0.1:49152/cb",
		"http://127.0.0.1:49152/cb\n",
		"javascript:alert(1)",
		"",
	])("is refused: %j (row 31)", (uri) => expect(isLoopbackCallback(uri)).toBe(false));

	it("gets its parameters encoded", () => {
		const uri = callbackWith("http://127.0.0.1:49152/cb", { temp_token: "a-b_c", state: "x&y=z" });
		expect(uri).toBe("http://127.0.0.1:49152/cb?temp_token=a-b_c&state=x%26y%3Dz");
	});

	it("is named in the policy by its origin, where the policy's grammar has one for it", () => {
		expect(callbackSource("http://127.0.0.1:49152/cb")).toBe("http://127.0.0.1:49152");
		expect(callbackSource("http://[::1]:49152/cb")).toBe("http:");
	});
});
