import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { done, id, send, session, to, token } from "./helpers/example-mail.ts";
import { openResend, resendVariables } from "./rows/email.ts";
import { connected } from "./rows/row.ts";

describe("a mail by Resend", () => {
	it("is asked for in exactly these words (row 99)", async () => {
		await using resend = await openResend();
		const channel = connected("email", resendVariables(resend));
		expect(await send(channel, done(channel))).toEqual({
			ok: true,
			providerId: expect.stringMatching(/^[0-9a-f-]{36}$/),
		});
		const [mail] = resend.sent;
		expect(mail).toEqual({
			id: expect.any(String),
			createdAt: expect.any(String),
			messageId: expect.any(String),
			idempotencyKey: id,
			from: resend.from,
			to: [to],
			cc: [],
			bcc: [],
			replyTo: [`r+${token}@${resend.inboundDomain}`],
			subject: "(b) migrate billing",
			text: '✅ (b) Claude: "migrate billing"\nCompleted successfully! All 212 tests pass.\n\nReply to this mail to answer',
			html: expect.stringMatching(/^<!DOCTYPE html>.*Completed successfully! All 212 tests pass\./s),
			headers: {
				"Message-ID": `<${id}@${resend.domain}>`,
				"In-Reply-To": `<${session}@${resend.domain}>`,
				References: `<${session}@${resend.domain}>`,
				"List-Unsubscribe": "<https://notify.example.com/unsubscribe?token=u.k>",
				"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
				"Auto-Submitted": "auto-generated",
				"X-Auto-Response-Suppress": "All",
			},
			tags: [{ name: "delivery", value: id }],
		});
		expect(resend.violations).toEqual([]);
	});

	it("whose answer was lost is asked for again and goes out once (row 95)", async () => {
		await using resend = await openResend();
		const channel = connected("email", resendVariables(resend));
		resend.next({ kind: "lost_answer" });
		expect(await send(channel, done(channel))).toMatchObject({ ok: false, retryable: true });
		expect(await send(channel, done(channel))).toMatchObject({ ok: true, providerId: resend.sent[0]?.id });
		expect(resend.sent).toHaveLength(1);
		expect(resend.attempts.map(({ idempotencyKey }) => idempotencyKey)).toEqual([id, id]);
	});

	it("is refused for good where its key already stands for another mail", async () => {
		await using resend = await openResend();
		const channel = connected("email", resendVariables(resend));
		await send(channel, done(channel));
		const other = { ...done(channel), text: "something else" };
		expect(await send(channel, other)).toMatchObject({
			ok: false,
			retryable: false,
			code: "invalid_idempotent_request",
		});
		resend.violations.length = 0;
	});

	it("names the variable that Resend does not accept, and not its value", async () => {
		await using resend = await openResend({ record: false });
		const wrongKey = connected("email", { ...resendVariables(resend), RESEND_API_KEY: "re_wrong_key1234" });
		const refused = await send(wrongKey, done(wrongKey));
		expect(refused).toMatchObject({ ok: false, retryable: false, reason: expect.stringContaining("RESEND_API_KEY") });
		const wrongFrom = connected("email", { ...resendVariables(resend), RESEND_FROM: "a@elsewhere.example" });
		const unverified = await send(wrongFrom, done(wrongFrom));
		expect(unverified).toMatchObject({ ok: false, retryable: false, reason: expect.stringContaining("RESEND_FROM") });
		expect(JSON.stringify([refused, unverified])).not.toMatch(/wrong_key|elsewhere/);
	});

	it("waits as long as Resend's limit and quota say", async () => {
		await using resend = await openResend({ rateLimit: 1 });
		const channel = connected("email", resendVariables(resend));
		await send(channel, done(channel));
		expect(await send(channel, done(channel), to, session)).toMatchObject({
			ok: false,
			retryable: true,
			code: "rate_limit_exceeded",
			retryAfterMs: 1000,
		});
	});

	it("never leaves for a server whose certificate is not good (row 118)", async () => {
		let requests = 0;
		const pem = readFileSync(join(import.meta.dirname, "helpers/example-host.pem"));
		const server = createServer({ key: pem, cert: pem }, (_, response) => {
			requests += 1;
			response.end('{"id":"1"}');
		});
		await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
		onTestFinished(() => new Promise((closed) => server.close(() => closed())));
		await using resend = await openResend();
		const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
		const channel = connected("email", { ...resendVariables(resend), RESEND_BASE_URL: url });
		expect(await send(channel, done(channel))).toMatchObject({ ok: false, reason: "Resend could not be reached." });
		expect(requests).toBe(0);
	});

	it("asks for no answer without an inbound domain", async () => {
		await using resend = await openResend();
		const { RESEND_INBOUND_DOMAIN: _, ...variables } = resendVariables(resend);
		const channel = connected("email", variables);
		expect(channel.style.replyHint).toBeUndefined();
		await send(channel, done(channel));
		expect(resend.sent[0]?.replyTo).toEqual([]);
		expect(resend.sent[0]?.text).not.toContain("Reply");
	});

	it("has receipts only where the webhooks' secret is known", async () => {
		await using resend = await openResend();
		const all = resendVariables(resend);
		expect(connected("email", all)).toMatchObject({ receipts: true, webhooks: [{ path: "/webhooks/resend" }] });
		const { RESEND_WEBHOOK_SECRET: _, RESEND_INBOUND_DOMAIN: __, ...deaf } = all;
		const channel = connected("email", deaf);
		expect([channel.receipts, channel.webhooks]).toEqual([false, undefined]);
	});
});
