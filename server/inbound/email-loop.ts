const quietPrecedence = new Set(["bulk", "junk", "list", "auto_reply"]);

/** The word before parameters and comments. */
const word = (value: string): string => /^[^\s;(]*/.exec(value.trim())?.[0] ?? "";

/**
 * No person wrote it: an answering machine, a list, a bounce, a receipt, or a mail of our own (RFC 3834, RFC 2919, RFC 3464).
 * A header that came more than once has its values as a list, or joined with commas.
 */
export function isAutomatic(headers: Readonly<Record<string, string | readonly string[]>>, from: string): boolean {
	const words = (name: string): string[] =>
		Object.entries(headers)
			.filter(([key]) => key.toLowerCase() === name)
			.flatMap(([, value]) => [value].flat().flatMap((one) => one.split(",")))
			.map((one) => word(one).toLowerCase());
	const sender = (/<([^<>]*)>\s*$/.exec(from)?.[1] ?? from).trim();
	return (
		sender === "" ||
		/^(?:mailer-daemon|postmaster)(?:@|$)/i.test(sender) ||
		words("auto-submitted").some((one) => one !== "no") ||
		words("x-autoreply").some((one) => one !== "no") ||
		words("x-autorespond").some((one) => one !== "no") ||
		words("x-auto-response-suppress").some((one) => one !== "none") ||
		words("precedence").some((one) => quietPrecedence.has(one)) ||
		words("list-id").length > 0 ||
		words("return-path").includes("<>") ||
		words("content-type").includes("multipart/report")
	);
}
