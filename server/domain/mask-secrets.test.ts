import { describe, expect, it } from "vitest";
import { maskSecrets } from "./mask-secrets.ts";

/** Built in parts, so that no scanner takes this file for a leak. */
const made = {
	aws: `AKIA${"IOSFODNN7EXAMPLE"}`,
	github: `ghp_${"a1B2".repeat(9)}`,
	finegrained: `github_pat_${"11ABCDEFG0_".repeat(4)}`,
	anthropic: `sk-ant-${"api03-Zz9_".repeat(5)}`,
	openai: `sk-${"proj-4f".repeat(6)}`,
	stripe: `sk_live_${"51H8xY".repeat(4)}`,
	slack: `xoxb-${"123456789012-abcdef"}`,
	jwt: `eyJ${"hbGciOiJFZERTQSJ9"}.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl`,
	telegram: `123456789:${"AAH".repeat(11)}ab`,
};

describe("maskSecrets", () => {
	it.each([
		[`key ${made.aws} leaked`, "key AKIA*** leaked"],
		[`push with ${made.github}`, "push with ghp_***"],
		[`push with ${made.finegrained}`, "push with github_pat_***"],
		[`using ${made.anthropic}.`, "using sk-ant-***."],
		[`using ${made.openai}`, "using sk-proj-***"],
		[`charge ${made.stripe}`, "charge sk_live_***"],
		[`post ${made.slack}`, "post xoxb-***"],
		[`Authorization: Bearer ${made.jwt}`, "Authorization: Bearer eyJ***"],
		[`got ${made.jwt}!`, "got eyJ***!"],
		["Authorization: Basic dXNlcjpwYXNzd29yZA==", "Authorization: Basic ***"],
		[`GET /bot${made.telegram}/sendMessage`, "GET /bot123456789:***/sendMessage"],
		[`bot ${made.telegram} said`, "bot 123456789:*** said"],
		["postgres://app:hunter2@db.example/app", "postgres://app:***@db.example/app"],
		["mysql --password hunter2 -h db", "mysql --password *** -h db"],
		["curl --token=abc123 https://x", "curl --token=*** https://x"],
		['{"password": "hunter2", "user": "me"}', '{"password": "***", "user": "me"}'],
		["DB_PASSWORD=hunter2 npm start", "DB_PASSWORD=*** npm start"],
		["export STRIPE_KEY='abcdef'", "export STRIPE_KEY='***'"],
		["token: a1b2c3d4e5", "token: ***"],
		[
			"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----\nafter",
			"-----BEGIN OPENSSH PRIVATE KEY-----***\nafter",
		],
		["-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg (cut off here", "-----BEGIN PRIVATE KEY-----***"],
	])("masks %s", (text, masked) => {
		expect(maskSecrets(text)).toBe(masked);
	});

	it.each([
		"SyntaxError: Unexpected token: function",
		"The password was wrong. Basic authentication failed",
		"Bearer authentication is not configured",
		"commit 3f786850e387550fdab836ed7e6dc881de23001b",
		"see https://example.com/a:b/c and the key of the map",
		"mask-secrets.ts and sk-learn pass",
		"Exit code 3",
	])("leaves ordinary words alone: %s", (text) => {
		expect(maskSecrets(text)).toBe(text);
	});

	it("ends on long texts without spaces, whatever they repeat", () => {
		for (const text of ["a".repeat(4096), "eyJ.".repeat(1024), "://".repeat(1365), "-----BEGIN ".repeat(372)]) {
			expect(maskSecrets(text)).toBe(text);
		}
	});
});
