import { RE2JS } from "re2js";

/** Whether a text has a match of the pattern. */
export type LinePattern = (text: string) => boolean;

/** RE2's syntax, in time that grows with the text and not with what the pattern makes of it. Lines are texts: ^ and $ stand for their ends. Throws what is wrong with the pattern. */
export function compilePattern(source: string): LinePattern {
	const pattern = RE2JS.compile(source, RE2JS.MULTILINE);
	return (text) => pattern.test(text);
}
