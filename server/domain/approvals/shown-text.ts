import type { MessageStyle } from "../../channels/channel.ts";
import { cleanReply } from "../clean-reply.ts";
import { type Alphabet, costOf, cutToCost } from "../fit-text.ts";
import { foreignShare, toGsm7 } from "../gsm7.ts";
import { maskSecrets } from "../mask-secrets.ts";

/* A person decides by what they see. Unlike an agent's words a command is never tidied up, and a cut is said. */

/** The frame around it: title, folder, notes, how to answer, how to opt out. */
const frameCost = 700;
/** What the contract takes of a summary: one of that length was longer. */
const longestSummary = 4096;

export interface Fitted {
	text: string;
	/** Characters that are missing at its end; 0 when all of it is there. */
	missing: number;
	/** It holds characters that steer, hide or turn around what is shown; they are left out. */
	hidden: boolean;
}

/** Secrets apart, all of what the agent wants to do that the style has room for. */
export function fitSummary(summary: string, style: MessageStyle): Fitted {
	const clean = cleanReply(summary);
	const masked = maskSecrets(clean);
	const alphabet = exactAlphabet(masked, style);
	const said = alphabet === "gsm7" ? toGsm7(masked.replace(/\n+/g, "\n")) : masked;
	const text = cutToCost(said, roomIn(style), alphabet);
	const further = summary.length >= longestSummary ? 1 : 0;
	const missing = text === said ? further : said.length - text.length + further;
	return { text, missing, hidden: clean !== summary.replace(/\r\n?/g, "\n").trim() };
}

export function roomIn({ maxLength }: Pick<MessageStyle, "maxLength">): number {
	return maxLength - frameCost;
}

/** One letter that SMS has not makes it UCS-2: a question mark in its place would hide what a command is about. */
function exactAlphabet(text: string, { charset }: Pick<MessageStyle, "charset">): Alphabet {
	return charset === "gsm7" && foreignShare(text) === 0 ? "gsm7" : "unicode";
}

export function costIn(text: string, style: MessageStyle): number {
	return costOf(text, exactAlphabet(text, style));
}

/** A folder; its end says most. */
export function shownFolder(cwd: string, { charset }: Pick<MessageStyle, "charset">): string {
	const clean = cleanReply(cwd).replace(/\s+/g, " ");
	const line = charset === "gsm7" ? toGsm7(clean) : clean;
	return line.length <= 100 ? line : `...${line.slice(-97).replace(/^[\uDC00-\uDFFF]/, "")}`;
}

/** One line of it, for a title or a list. */
export function shownLine(text: string, most: number): string {
	return cutToCost(maskSecrets(cleanReply(text)).replace(/\s+/g, " "), most, "unicode");
}
