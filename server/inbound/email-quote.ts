/** No line of a quote's header is longer; QQ Mail pads its own to 250. */
const longestHeader = 500;

const address = /[<[(]\s?(?:mailto:)?[^\s<>@]{1,100}@[^\s<>@]{1,200}[>\])]/;
const date = /(?<!\d)20\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d\d/;
const time = /\d{1,2}[:.]\d\d/;

/** The first line of the block that Outlook, QQ Mail and Foxmail put above a quote that they do not mark. */
const from =
	/^[\s*]{0,3}(?:From|Von|De|Da|Van|Fra|Från|Od|От|Kimden|发件人|寄件者|寄件人|差出人|보낸 ?사람)\*?\s?[:：]\*?\s{0,200}\S/i;
const label = /^[\s*]{0,3}\p{L}[\p{L} ]{0,20}\*?\s?[:：]/u;
const separator = /^[-_]{3,}(?:[^-_]{1,40}[-_]{2,})?$/;

/** QQ Mail's text part has entities of its HTML in it. */
function readable(line: string | undefined): string {
	const start = (line ?? "").slice(0, longestHeader);
	return start.replaceAll("&nbsp;", " ").replaceAll("&gt;", ">").replaceAll("&lt;", "<");
}

/**
 * The first line of "On …, Claude <…> wrote:" that ends on line `end`, in any language: a date, a time and a colon at the end,
 * on up to three lines, with an address or right above a marked quote.
 */
function attributionStart(lines: string[], end: number): number | undefined {
	const isSure = lines[end + 1]?.startsWith(">") === true;
	let joined = "";
	for (let at = end; at >= 0 && at > end - 3; at -= 1) {
		const line = readable(lines[at]).trim();
		if (line === "" || line.startsWith(">")) return undefined;
		joined = `${line} ${joined}`.trim();
		if (!/[:：]$/.test(joined)) return undefined;
		if ((isSure || address.test(joined)) && date.test(joined) && time.test(joined)) return at;
	}
	return undefined;
}

function isHeaderBlock(lines: string[], at: number): boolean {
	if (!from.test(readable(lines[at]))) return false;
	const next = lines.slice(at + 1, at + 6).map(readable);
	return next.filter((line) => label.test(line)).length >= 2 && next.some((line) => time.test(line));
}

/** What stands above the quote, without the line that separates it. */
function above(lines: string[], end: number): string {
	const kept = lines.slice(0, end);
	while (kept.length > 0 && /^$|^[-_]/.test(readable(kept.at(-1)).trim())) {
		const last = readable(kept.at(-1)).trim();
		if (last !== "" && !separator.test(last)) break;
		kept.pop();
	}
	return kept.join("\n");
}

/** Foxmail signs with the sender's bare address, far below the text. */
const foxmailSignature = /\n\s*\n\s*\n\s*[^\s@]{1,100}@[^\s@]{1,200}$/;

/** The mail without the one that it answers, where that is not marked with ">" or its header is not in English. */
export function withoutQuotedMail(text: string): string {
	const lines = text.split("\n");
	for (let at = 0; at < lines.length; at += 1) {
		if (isHeaderBlock(lines, at)) return above(lines, at).replace(foxmailSignature, "");
		const start = attributionStart(lines, at);
		if (start === undefined) continue;
		const rest = lines.slice(at + 1);
		const isMarked = rest.find((line) => line.trim() !== "")?.startsWith(">") === true;
		return isMarked ? [above(lines, start), "", ...rest].join("\n") : above(lines, start);
	}
	return text;
}
