import { convert } from "html-to-text";
import { describe, expect, it } from "vitest";
import type { Message } from "./channel.ts";
import { mailOf } from "./email-mail.ts";

const sender = {
	from: "Claude <Notify@Mail.Example>",
	inboundDomain: "in.example.com",
	publicUrl: new URL("https://notify.example.com"),
};
const token = "a2b3c4d5e6f7g2h3";
const session = "01990000-0000-7000-8000-000000000002";
const id = "01990000-0000-7000-8000-000000000001";

function message(more: Partial<Message> = {}): Message {
	const parts = { title: '✅ (b) Claude: "migrate billing"', label: "Error: ", text: "tests pass", log: false };
	return {
		text: '✅ (b) Claude: "migrate billing"\nError: tests pass\n\nReply to this mail to answer',
		parts: { ...parts, foot: "\n+2 more since 14:00\n\nReply to this mail to answer" },
		actions: [{ label: "Continue", reply: "continue" }],
		conversation: { id: session, title: "(b) migrate billing", replyToken: token },
		rings: true,
		unsubscribeToken: "u.k",
		...more,
	};
}

const withParts = (more: Partial<Message["parts"]>) => message({ parts: { ...message().parts, ...more } });

describe("a mail", () => {
	it("says by its headers that a program wrote it, which session it is about and how to be rid of it", () => {
		const { html: _, ...mail } = mailOf(message(), id, sender);
		expect(mail).toEqual({
			subject: "(b) migrate billing",
			text: message().text,
			replyTo: `r+${token}@in.example.com`,
			messageId: `<${id}@mail.example>`,
			headers: {
				"In-Reply-To": `<${session}@mail.example>`,
				References: `<${session}@mail.example>`,
				"List-Unsubscribe": "<https://notify.example.com/unsubscribe?token=u.k>",
				"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
				"Auto-Submitted": "auto-generated",
				"X-Auto-Response-Suppress": "All",
			},
		});
	});

	it("about no session stands alone, and asks for no answer", () => {
		const mail = mailOf(message({ conversation: undefined }), id, sender);
		expect(mail).toMatchObject({ subject: "claude-notify", replyTo: undefined });
		expect(Object.keys(mail.headers)).not.toContain("References");
		expect(mail.html).not.toContain("mailto:");
	});

	it("asks for no answer where none comes back", () => {
		const mail = mailOf(message(), id, { ...sender, inboundDomain: undefined });
		expect(mail.replyTo).toBeUndefined();
		expect(mail.html).not.toContain("mailto:");
		expect(mail.headers["References"]).toBe(`<${session}@mail.example>`);
	});

	it("has no link to a server that the world cannot reach by https", () => {
		const mail = mailOf(message(), id, { ...sender, publicUrl: new URL("http://127.0.0.1:8787") });
		expect(Object.keys(mail.headers).join()).not.toMatch(/unsubscribe/i);
		expect(mail.html).not.toContain("127.0.0.1");
	});

	it.each([
		["a\r\nBcc: all@example.com", "a Bcc: all@example.com"],
		["a\u0000b\u2028c\u0085d", "a b c d"],
		[" \t\n ", "claude-notify"],
		["x".repeat(500), "x".repeat(200)],
		[`${"x".repeat(199)}😀`, `${"x".repeat(199)}\ufffd`],
	])("has a subject of one line: %j", (title, subject) => {
		const conversation = { id: session, title, replyToken: token };
		expect(mailOf(message({ conversation }), id, sender).subject).toBe(subject);
	});
});

describe("a mail's HTML", () => {
	it("shows every part, the output of a program as it stands, and a button that writes the answer", () => {
		const log = withParts({ text: "Exit code 1\n  at a.ts:4", log: true });
		const { html } = mailOf(log, id, sender);
		expect(html).toMatch(/^<!DOCTYPE html><html lang="en">/);
		expect(html).toContain("<title>✅ (b) Claude: &quot;migrate billing&quot;</title>");
		expect(html).toMatch(/<p [^>]*>Error:<\/p><pre [^>]*>Exit code 1\n {2}at a\.ts:4<\/pre>/);
		expect(html).toMatch(/>\+2 more since 14:00\nReply to this mail to answer</);
		expect(html).toContain(
			`href="mailto:r%2B${token}%40in.example.com?subject=Re%3A%20(b)%20migrate%20billing&amp;body=continue"`,
		);
		expect(html).toContain('href="https://notify.example.com/unsubscribe?token=u.k"');
	});

	it("loads nothing, tells nobody that it was read, and has no colour that a dark screen could not bear", () => {
		const { html } = mailOf(message(), id, sender);
		expect(html).not.toMatch(/<(img|script|link|iframe|style|form)\b|url\(|src=/i);
		expect(html).toContain('<meta name="color-scheme" content="light dark"/>');
		expect(html.match(/#[0-9a-f]{3,8}\b|white(?!-)|black/gi) ?? []).toEqual([]);
	});

	it("brings hostile text literally, in every part (row 107)", () => {
		const hostile = `_*[]()~\`<b>&@everyone "'</pre><script>alert(1)</script><img src=x onerror=1>{{x}}`;
		for (const log of [true, false]) {
			const { html } = mailOf(
				message({
					parts: { title: hostile, label: hostile, text: hostile, log, foot: `\n\n${hostile}` },
					actions: [{ label: hostile, reply: "continue" }],
					conversation: { id: session, title: hostile, replyToken: token },
				}),
				id,
				sender,
			);
			expect(html).not.toMatch(/<(script|img|b)\b/);
			// Another parser's idea of what a person reads.
			const read = convert(html, { wordwrap: false });
			expect(read.split(hostile).length).toBeGreaterThanOrEqual(5);
		}
	});

	it("begins with the message itself where lists of mails show its first words", () => {
		const { html } = mailOf(withParts({ text: "Moved\n\n14 tables" }), id, sender);
		expect(html).toMatch(/<body [^>]*><div style="display:none[^>]*>Error: Moved 14 tables<\/div>/);
	});
});
