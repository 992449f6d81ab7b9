import { convert } from "html-to-text";
import { withoutQuotedMail } from "./email-quote.ts";
import { visibleText } from "./email-visible.ts";

/** More is not read: an answer stands at the beginning of its mail. Keeps the time for hostile ones under 200 ms. */
const longestText = 65_536;
const longestHtml = 32_768;

function fromHtml(html: string): string {
	// Outlook's head alone holds tens of kB of styles.
	const body = html.slice(Math.max(0, html.search(/<body[\s>]/i)));
	return convert(body.slice(0, longestHtml), {
		wordwrap: false,
		limits: { maxDepth: 100 },
		selectors: [
			{ selector: "a", options: { ignoreHref: true } },
			{ selector: "img", format: "skip" },
			...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: { uppercase: false } })),
		],
	});
}

/** One kind of line end, and no space before it but in "-- ", which begins a signature. */
function tidy(text: string): string {
	return text
		.replace(/\r\n?|[\u2028\u2029]/g, "\n")
		.split("\n")
		.map((line) => (line === "-- " ? line : line.trimEnd()))
		.join("\n");
}

/** What a person answered: the mail without the quote of ours and without the signature; "" when nothing is left. */
export function replyText({ text, html }: { text: string | null; html: string | null }): string {
	const written = text !== null && text.trim() !== "" ? text : fromHtml(html ?? "");
	const answer = withoutQuotedMail(tidy(written.slice(0, longestText)));
	return visibleText(answer.replace(/\n{3,}/g, "\n\n"));
}
