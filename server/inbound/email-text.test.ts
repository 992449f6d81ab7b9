import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadMails } from "../../tests/helpers/mails.ts";
import { replyText } from "./email-text.ts";

const mails = (await loadMails()).filter(({ expected }) => expected !== "drop");
const plain = (text: string) => replyText({ text, html: null });

/** Words that the library's patterns and ours look for. */
const bait = [
	...[
		"On ",
		"Le ",
		"Am ",
		"Op ",
		"在",
		"W dniu ",
		"Dnia ",
		"etc. ",
		"Den ",
		"From: ",
		"Von: ",
		"De : ",
		"发件人: ",
		"Sent: ",
	],
	...[
		" wrote:",
		" schreef x:",
		" skrev x:",
		" pisze:",
		"写道：",
		" schrieb <a@b.c>:",
		"<a@b.c>:",
		"12:00 2026 from <",
		"$'",
		"$`",
	],
	...[
		"> ",
		">",
		"-- ",
		"---",
		"____",
		"Sent from ",
		"Get Outlook for ",
		"Regards",
		" and ",
		"<",
		"[",
		" ",
		"\t",
		"\u00a0",
		"x",
		"\n",
		"\r\n",
		"\n\n",
	],
];

function timed(work: () => unknown): number {
	const start = performance.now();
	work();
	return performance.now() - start;
}

describe("replyText", () => {
	it.each(mails)("finds in $name what the person wrote (row 131)", ({ text, html, expected }) => {
		expect(replyText({ text, html })).toBe(expected);
	});

	it.each(mails.filter(({ html }) => html !== null))(
		"finds in the HTML of $name what the person wrote (row 131)",
		({ html, expected }) => {
			expect(replyText({ text: null, html })).toBe(expected);
			expect(replyText({ text: " \r\n", html })).toBe(expected);
		},
	);

	it("gives nothing for nothing", () => {
		for (const nothing of [null, "", "\r\n \u00a0\ufeff\r\n"]) {
			expect(replyText({ text: nothing, html: nothing })).toBe("");
		}
	});

	it("keeps every line of an answer without a quote", () => {
		const answer =
			'First: keep "it".\n\n  npm test -- --run\n\n* one\n* two\n\nWhy? Because 5 > 3.\nOp = operation\n在这里';
		expect(plain(answer)).toBe(answer);
		expect(plain(answer.replaceAll("\n", "\r\n"))).toBe(answer);
	});

	it("does not take a person's own colons, dates and addresses for the header of a quote", () => {
		const answer = "Write to Bob <bob@b.dev>:\nFrom: me\nTo: him\n\nOn Monday at 12:00 we do this:\n1. test";
		expect(plain(answer)).toBe(answer);
	});

	it("leaves HTML's own words alone", () => {
		const html =
			"<h1>Yes</h1><p>use <a href='https://x.dev'>this</a> &lt;b&gt;<br>and <b>that</b></p><ul><li>one<li>two</ul>";
		expect(replyText({ text: null, html })).toBe("Yes\n\nuse this <b>\nand that\n\n * one\n * two");
	});

	it("reads the beginning of a mail that is too long", () => {
		expect(plain(`yes\n\n${"> quoted\n".repeat(50_000)}`)).toBe("yes");
		const html = `<html><head><style>${".x{}".repeat(50_000)}</style></head><body>yes<blockquote>no</blockquote></body></html>`;
		expect(replyText({ text: null, html })).toBe("yes");
	});

	// Unbounded, the library takes minutes for some of these; the bound is far above what they take here (100 ms).
	it.each(bait)("does not hang over 64 kB of %j", (word) => {
		expect(timed(() => plain(`${word}${" ".repeat(65_000)}`))).toBeLessThan(1500);
		const repeated = [word, `${word}\n`, `${word}a b\n`, `${word}x:\n`, `${word}2026 12:00 <a@b.c> `];
		for (const unit of repeated) {
			const text = unit.repeat(Math.ceil(65_536 / unit.length));
			expect(timed(() => plain(text))).toBeLessThan(1500);
			expect(timed(() => replyText({ text: null, html: `<p>${text}` }))).toBeLessThan(1500);
		}
	});

	it("does not hang over any mixture of them, and never makes text up", () => {
		const mixture = fc.array(fc.constantFrom(...bait), { minLength: 1, maxLength: 60 });
		fc.assert(
			fc.property(mixture, fc.integer({ min: 1, max: 400 }), (words, times) => {
				const text = words.join("").repeat(times).slice(0, 65_536);
				let answer = "";
				expect(timed(() => (answer = plain(text)))).toBeLessThan(1500);
				expect(answer.length).toBeLessThanOrEqual(text.length);
				// The library puts the lines of a header into one.
				const all = text.replace(/\s/g, "");
				for (const line of answer.split("\n")) expect(all).toContain(line.replace(/\s/g, ""));
			}),
			{ numRuns: 150 },
		);
	});
});
