import { Api } from "grammy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTelegramEmulator, type TelegramEmulator } from "./helpers/telegram-emulator.ts";
import type { Person } from "./helpers/telegram-people.ts";

let emulator: TelegramEmulator;
let api: Api;
let ann: Person;

beforeAll(async () => {
	emulator = await startTelegramEmulator({ record: false });
	api = new Api(emulator.token, { apiRoot: emulator.baseUrl, timeoutSeconds: 5 });
	ann = emulator.person();
	await ann.start();
});
afterAll(async () => {
	expect(emulator.violations).toEqual([]);
	await emulator[Symbol.asyncDispose]();
});

/** What the phone shows of this HTML, its entities as "type@offset+length". */
async function shown(html: string) {
	const { message_id } = await api.sendMessage(ann.id, html, { parse_mode: "HTML" });
	const sent = emulator.sentTo(ann.id).find(({ messageId }) => messageId === message_id);
	return {
		text: sent?.text,
		entities: sent?.entities.map(({ type, offset, length }) => `${type}@${offset}+${length}`),
	};
}

const refused = (text: string, other = {}) =>
	api.sendMessage(ann.id, text, other).then(String, (error) => error.description);

describe("Telegram emulator, text", () => {
	it.each([
		["<b>a</b> <strong>b</strong>", "a b", ["bold@0+1", "bold@2+1"]],
		["<i>a</i><em>b</em><u>c</u><ins>d</ins>", "abcd", ["italic@0+1", "italic@1+1", "underline@2+1", "underline@3+1"]],
		["<s>a</s><strike>b</strike><del>c</del>", "abc", ["strikethrough@0+1", "strikethrough@1+1", "strikethrough@2+1"]],
		['<tg-spoiler>a</tg-spoiler><span class="tg-spoiler">b</span>', "ab", ["spoiler@0+1", "spoiler@1+1"]],
		["<pre>x = 1</pre> <code>y</code>", "x = 1 y", ["pre@0+5", "code@6+1"]],
		[
			"<blockquote>a</blockquote> <blockquote expandable>b</blockquote>",
			"a b",
			["blockquote@0+1", "expandable_blockquote@2+1"],
		],
		["<b>😀 <i>x</i></b>", "😀 x", ["bold@0+4", "italic@3+1"]],
		["<B>a</B >", "a", ["bold@0+1"]],
		["<b>a</>", "a", ["bold@0+1"]],
		["<b></b>a", "a", []],
		[" \n x <b>a</b> ", "x a", ["bold@2+1"]],
		["<b>a </b>\n", "a", ["bold@0+1"]],
		["<b>a<code>b</code>c</b>", "abc", ["bold@0+1", "code@1+1", "bold@2+1"]],
	])("shows %s as %s", async (html, text, entities) => {
		expect(await shown(html)).toEqual({ text, entities });
	});

	it.each([
		["&lt;b&gt; &amp;&quot;", '<b> &"'],
		["&#60;&#x3C;&#128512;", "<<😀"],
		["&lt &ampx", "< &ampx"],
		["&nbsp;&apos; R&D & co", "&nbsp;&apos; R&D & co"],
		["&#0; &#x110000; &#x;", "&#0; &#x110000; &#x;"],
		["a\tb\u0007c\r\nd", "a b c\nd"],
		["  \n two \n ", "two"],
		["rtl\u202eoverride\u2028", "rtloverride"],
	])("reads %j as %j", async (html, text) => {
		expect((await shown(html)).text).toBe(text);
	});

	it("keeps a link's address and a code's language", async () => {
		await shown('<a href="https://example.com/a?b=1&amp;c=2">x</a> <a href="localhost">y</a>');
		expect(emulator.sent.at(-1)?.entities).toEqual([
			{ type: "text_link", offset: 0, length: 1, url: "https://example.com/a?b=1&c=2" },
		]);
		await shown('<pre><code class="language-ts">let a</code></pre>');
		expect(emulator.sent.at(-1)?.entities).toEqual([{ type: "pre", offset: 0, length: 5, language: "ts" }]);
	});

	it.each([
		["<b>a", `Can't find end tag corresponding to start tag "b"`],
		["a</b>", "Unexpected end tag at byte offset 1"],
		["ü<b>a</i>", `Unmatched end tag at byte offset 6, expected "</b>", found "</i>"`],
		["<b><i>a</b></i>", `Unmatched end tag at byte offset 7, expected "</i>", found "</b>"`],
		["<p>a</p>", `Unsupported start tag "p" at byte offset 0`],
		["a<br/>b", `Unsupported start tag "br/" at byte offset 1`],
		["1 < 2", `Unsupported start tag "" at byte offset 2`],
		["a <b", "Unclosed start tag at byte offset 2"],
		["<b>a</b", "Unclosed end tag at byte offset 4"],
		["<a href=x/y>a</a>", "Unexpected end of name token at byte offset 8"],
		["<span>a</span>", `Tag "span" must have class "tg-spoiler" at byte offset 0`],
	])("refuses %s as the vendor does", async (html, why) => {
		expect(await refused(html, { parse_mode: "HTML" })).toBe(`Bad Request: can't parse entities: ${why}`);
	});

	it("counts 4096 UTF-16 units after entities parsing, not before", async () => {
		expect((await shown(`<b>${"&lt;".repeat(4096)}</b>`)).text).toHaveLength(4096);
		expect((await shown("😀".repeat(2048))).text).toHaveLength(4096);
		expect(await refused("x".repeat(4097))).toBe("Bad Request: message is too long");
		expect(await refused("😀".repeat(2049))).toBe("Bad Request: message is too long");
	});

	it("refuses a text of nothing", async () => {
		expect(await refused("")).toBe("Bad Request: message text is empty");
		expect(await refused(" \n\u200b")).toBe("Bad Request: text must be non-empty");
		expect(await refused("<b></b>", { parse_mode: "HTML" })).toBe("Bad Request: text must be non-empty");
	});

	it("takes text without parse_mode as it is, and refuses a mode that it cannot check", async () => {
		await api.sendMessage(ann.id, "a <b> & *c* _d_");
		expect(emulator.sent.at(-1)).toMatchObject({ text: "a <b> & *c* _d_", entities: [], parseMode: undefined });
		expect(await refused("*a*", { parse_mode: "MarkdownV2" })).toMatch(/unsupported parse_mode/);
	});

	it("refuses half an emoji, and notes a replacement character", async () => {
		expect(await refused("cut \ud83d")).toBe("Bad Request: strings must be encoded in UTF-8");
		await api.sendMessage(ann.id, "cut \uFFFD");
		expect(emulator.violations.splice(0)).toEqual([
			"strings must be encoded in UTF-8",
			"sendMessage: a string holds a replacement character",
		]);
	});
});
