import EmailReplyParser from "email-reply-parser";

/** The library's patterns are polynomial in the length of a line, and 8 kB take it a minute. No signature is longer. */
const longestLine = 250;

/** Beginnings of patterns of the library that run over all lines: they cost cubic time, and swallow an answer that begins so. */
const runsOn = /^\s*(?:Op|W|W\sdniu|Dnia|[a-z]{3,4}\.)(?:\s|$)|^\s*在/;

/** From the private use area: each stands for a line that the library does not see, or for "$", which it takes as a pattern. */
const mark = "\uE000";
const dollar = "\uE001";

/** Programs' signatures that the library does not know. */
const signature =
	/(?:^|\n)(?:Sent with [^\n]{1,80} secure email\.|发自我的[^\n]{1,40}|[^\n]{1,20}から送信|Inviato da [^\n]{1,40})$/;

/** The text without lines marked with ">" and without signatures. Wants lines without space at their ends. */
export function visibleText(text: string): string {
	const hidden: string[] = [];
	const hide = (line: string) => {
		if (line.length <= longestLine && !runsOn.test(line)) return line;
		return `${line.startsWith(">") ? ">" : ""}${mark}${hidden.push(line) - 1}${mark}`;
	};
	const lines = text
		.replace(/[\uE000\uE001]/g, "")
		.replaceAll("$", dollar)
		.split("\n");
	const kept = new EmailReplyParser().parseReply(lines.map(hide).join("\n")).trim().replace(signature, "");
	const restored = kept.replace(/\uE000(\d+)\uE000/g, (_, at: string) => hidden[Number(at)] ?? "");
	return restored.replaceAll(dollar, "$").trim();
}
