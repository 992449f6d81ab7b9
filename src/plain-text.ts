import { stripVTControlCharacters } from "node:util";

/** Text that may be shown in a terminal or put in a model's context: nothing in it can move a cursor, hide, or turn around what it says. */
export function plainText(value: string): string {
	const folded = stripVTControlCharacters(value).replace(/\r\n?/g, "\n");
	return folded.replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, "").toWellFormed();
}
