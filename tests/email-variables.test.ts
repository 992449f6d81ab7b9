import { describe, expect, it } from "vitest";
import { configureChannels } from "../server/channels/index.ts";

describe("the variables of e-mail", () => {
	const resend = { RESEND_API_KEY: "re_12345678", RESEND_FROM: "Claude <notify@mail.example>" };
	const smtp = { SMTP_URL: "smtps://me:secret@mail.example", SMTP_FROM: "notify@mail.example" };
	const secret = { RESEND_WEBHOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };

	it.each([
		[resend],
		[{ ...resend, ...secret }],
		[{ ...resend, ...secret, RESEND_INBOUND_DOMAIN: "In.Example.com" }],
		[smtp],
		[{ ...smtp, SMTP_URL: "smtp://[::1]:2525" }],
		[{ ...smtp, SMTP_URL: "smtp://me%40mail.example:a%3Ab@mail.example:587/" }],
		[{ ...resend, ...smtp }],
	])("%j are enough", (given) => {
		const { problems, channels } = configureChannels(given);
		expect([problems, channels.has("email")]).toEqual([[], true]);
	});

	it.each([
		[{ RESEND_API_KEY: "re_12345678" }, /^RESEND_FROM: is missing/],
		[{ ...resend, RESEND_API_KEY: "sk_12345678" }, /^RESEND_API_KEY: must/],
		[{ ...resend, RESEND_FROM: "Claude" }, /^RESEND_FROM: must/],
		[{ ...resend, RESEND_FROM: "a@b.example, c@d.example" }, /^RESEND_FROM: must/],
		[{ ...resend, RESEND_FROM: "a@b.example\r\nBcc: c@d.example" }, /^RESEND_FROM: must/],
		[{ ...resend, RESEND_WEBHOOK_SECRET: "secret" }, /^RESEND_WEBHOOK_SECRET: must/],
		[
			{ ...resend, RESEND_INBOUND_DOMAIN: "in.example.com" },
			/^RESEND_WEBHOOK_SECRET: is missing, and RESEND_INBOUND_DOMAIN/,
		],
		[{ ...resend, ...secret, RESEND_INBOUND_DOMAIN: "https://in.example.com" }, /^RESEND_INBOUND_DOMAIN: must/],
		[{ ...resend, ...secret, RESEND_INBOUND_DOMAIN: "in.example.com\n" }, /^RESEND_INBOUND_DOMAIN: must/],
		[{ ...resend, RESEND_BASE_URL: "https://evil.example" }, /^RESEND_BASE_URL: must/],
		[{ ...smtp, SMTP_URL: "https://mail.example" }, /^SMTP_URL: must/],
		[{ ...smtp, SMTP_URL: "mail.example:587" }, /^SMTP_URL: must/],
		[{ ...smtp, SMTP_URL: "smtp://me:secret@mail.example?tls.rejectUnauthorized=false" }, /^SMTP_URL: must end/],
		[{ ...smtp, SMTP_URL: "smtp://me:100%@mail.example" }, /^SMTP_URL: has a %/],
		[{ SMTP_URL: smtp.SMTP_URL }, /^SMTP_FROM: is missing/],
	])("%j are refused, and no value is shown (row 110)", (given, problem) => {
		const { problems, channels } = configureChannels(given);
		expect(problems).toEqual([expect.stringMatching(problem)]);
		expect(channels.has("email")).toBe(false);
		expect(problems.join()).not.toMatch(/secret@|12345678|100%|evil|a@b/);
	});

	it("choose Resend where both providers are set", () => {
		expect(configureChannels({ ...resend, ...smtp }).channels.get("email")?.provider.title).toBe("Resend");
	});
});
