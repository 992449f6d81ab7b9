import { describe, expect, it } from "vitest";
import { done, id, send, session, token } from "./helpers/example-mail.ts";
import { startSmtpEmulator } from "./helpers/smtp-emulator.ts";
import { connected } from "./rows/row.ts";

describe("a mail by SMTP", () => {
	const variables = (url: string) => ({ SMTP_URL: url, SMTP_FROM: "Claude ✓ <notify@mail.example>" });

	it("goes out with exactly these headers (row 99)", async () => {
		await using smtp = await startSmtpEmulator({ auth: { user: "me@mail.example", pass: "a:b/c%d@e" } });
		const channel = connected("email", variables(smtp.url));
		expect(await send(channel, done(channel), "ann@gmail.com")).toEqual({
			ok: true,
			providerId: `<${id}@mail.example>`,
		});
		const [mail] = smtp.mails;
		expect(mail).toMatchObject({
			mailFrom: "notify@mail.example",
			recipients: ["ann@gmail.com"],
			subject: "(b) migrate billing",
			user: "me@mail.example",
			text: '✅ (b) Claude: "migrate billing"\nCompleted successfully! All 212 tests pass.\n',
			html: expect.stringMatching(/^<!DOCTYPE html>/),
		});
		const headers = Object.fromEntries(mail?.headers.map(({ name, value }) => [name, value]) ?? []);
		expect(headers).toEqual({
			from: "=?UTF-8?Q?Claude_=E2=9C=93?= <notify@mail.example>",
			to: "ann@gmail.com",
			subject: "(b) migrate billing",
			date: expect.any(String),
			"message-id": `<${id}@mail.example>`,
			"in-reply-to": `<${session}@mail.example>`,
			references: `<${session}@mail.example>`,
			"list-unsubscribe": "<https://notify.example.com/unsubscribe?token=u.k>",
			"list-unsubscribe-post": "List-Unsubscribe=One-Click",
			"auto-submitted": "auto-generated",
			"x-auto-response-suppress": "All",
			"mime-version": "1.0",
			"content-type": expect.stringMatching(/^multipart\/alternative/),
		});
		expect(smtp.violations).toEqual([]);
	});

	it("asks for no answer, since none comes back", async () => {
		const channel = connected("email", variables("smtp://127.0.0.1:1"));
		expect(channel.style.replyHint).toBeUndefined();
		expect([channel.receipts, channel.webhooks]).toEqual([false, undefined]);
	});

	it("puts hostile words into no header and no other recipient (row 107)", async () => {
		await using smtp = await startSmtpEmulator();
		const channel = connected("email", variables(smtp.url));
		const conversation = { id: session, replyToken: token, title: "x\r\nBcc: all@mail.example\r\n\r\n<b>" };
		await send(
			channel,
			{ ...done(channel), conversation, text: ".\r\n.\r\nMAIL FROM:<a@b.example>\r\n" },
			"ann@gmail.com",
		);
		expect(smtp.mails).toMatchObject([{ recipients: ["ann@gmail.com"], subject: "x Bcc: all@mail.example <b>" }]);
		expect(smtp.mails[0]?.headers.map(({ name }) => name)).not.toContain("bcc");
		expect(smtp.mails[0]?.text).toMatch(/^\.\r?\n\.\r?\nMAIL FROM:<a@b\.example>\s+$/);
		expect(smtp.violations).toEqual([]);
	});

	it.each(["self-signed", "implicit"] as const)(
		"never leaves for a server whose certificate is not good: %s (row 118)",
		async (tls) => {
			await using smtp = await startSmtpEmulator({ tls, auth: { user: "me", pass: "s3cret" } });
			const channel = connected("email", variables(smtp.url));
			const result = await send(channel, done(channel), "ann@gmail.com");
			expect(result).toMatchObject({ ok: false, retryable: false, reason: expect.stringContaining("certificate") });
			expect(JSON.stringify(result)).not.toContain("s3cret");
			expect(smtp.mails).toEqual([]);
		},
	);

	it("is never handed over without TLS off this machine (row 118)", async () => {
		await using smtp = await startSmtpEmulator({ auth: { user: "me", pass: "s3cret" } });
		// Every host but loopback's own names: this one is loopback too, which the channel cannot know.
		const url = smtp.url.replace("127.0.0.1", "0.0.0.0");
		const channel = connected("email", variables(url));
		const result = await send(channel, done(channel), "ann@gmail.com");
		expect(result).toMatchObject({ ok: false, retryable: false, reason: expect.stringContaining("TLS") });
		expect([smtp.connections, smtp.mails]).toEqual([1, []]);
	});

	it.each([
		["451@gmail.com", { retryable: true, code: "451" }],
		["550@gmail.com", { retryable: false, code: "550" }],
		["552@gmail.com", { retryable: false, code: "552" }],
	])("to %s ends as the server says (row 95)", async (address, result) => {
		await using smtp = await startSmtpEmulator();
		const channel = connected("email", variables(smtp.url));
		expect(await send(channel, done(channel), address)).toMatchObject({ ok: false, ...result });
	});

	it("names SMTP_URL when its credentials are wrong or missing, and shows none", async () => {
		await using smtp = await startSmtpEmulator({ auth: { user: "me", pass: "right" } });
		const wrong = smtp.url.replace("right", "wr0ng");
		for (const url of [wrong, smtp.url.replace("me:right@", "")]) {
			const result = await send(
				connected("email", variables(url)),
				done(connected("email", variables(url))),
				"ann@gmail.com",
			);
			expect(result).toMatchObject({ ok: false, retryable: false, reason: expect.stringContaining("SMTP_URL") });
			expect(JSON.stringify(result)).not.toMatch(/wr0ng|right/);
		}
	});

	it.each(["greeting", "recipient", "data"] as const)("is let go of at its signal: %s", async (at) => {
		await using smtp = await startSmtpEmulator();
		smtp.next({ kind: "hang", at });
		const channel = connected("email", variables(smtp.url));
		const started = performance.now();
		const sending = channel.deliver("ann@gmail.com", done(channel), {
			signal: AbortSignal.timeout(300),
			idempotencyKey: id,
		});
		expect(await sending).toMatchObject({ ok: false, retryable: true });
		expect(performance.now() - started).toBeLessThan(2000);
	});
});
