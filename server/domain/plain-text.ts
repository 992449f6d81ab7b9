import { cleanReply } from "./clean-reply.ts";
import { maskSecrets } from "./mask-secrets.ts";

/** What an agent or a program wrote, as it may leave for a phone: nothing that steers a terminal, hides or turns text around, and no secret. */
export function plainText(written: string): string {
	// A progress bar writes over itself with a lone CR; what stood there last is what a person saw.
	const lines = written.replace(/\r\n/g, "\n").split("\n").map(lastWritten);
	return maskSecrets(cleanReply(lines.join("\n")))
		.replace(/[^\S\n]+$/gm, "")
		.replace(/\n{3,}/g, "\n\n");
}

function lastWritten(line: string): string {
	return line.split("\r").findLast((part) => part.trim() !== "") ?? "";
}

/** One line of it, for a title. */
export function plainLine(written: string): string {
	return plainText(written).replace(/\s+/g, " ");
}

/** Claude's Markdown as a person reads it: fences, emphasis and heading marks say nothing on a phone, nor does a "Summary" over the summary. */
export function withoutMarkdown(text: string): string {
	return text
		.replace(/^[ \t]*(?:```|~~~)[^\n]*\n?/gm, "")
		.replace(/^\s*#{1,6} +[^\n]*\n+(?=\S)/, "")
		.replace(/^#{1,6} +/gm, "")
		.replace(/(\*\*|__)(?=\S)([^\n]*?\S)\1/g, "$2")
		.replace(/!?\[([^\]\n]{1,200})\]\((?:[^()\n]{1,500})\)/g, "$1")
		.trim();
}
