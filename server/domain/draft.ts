import type { Action, Message, MessageStyle } from "../channels/channel.ts";
import { type Alphabet, costOf, cutToCost } from "./fit-text.ts";
import { foreignShare, toGsm7 } from "./gsm7.ts";

/** A message in parts: the frame is never cut, the title and the text are. */
export interface Draft {
	/** Around the title: `(b) Claude: "` and `"`. */
	before: string;
	title: string;
	after: string;
	label: string;
	text: string;
	/** The user's own words after the text; never cut with it. */
	tail: string;
	log: boolean;
	foot: string;
	actions: readonly Action[];
	rings: boolean;
	/** Somebody decides by the text: all of it is said that the provider takes. */
	exact: boolean;
}

/** SMS that cannot be said in GSM 03.38 have 70 units a segment: the frame alone takes most of one, so two are taken. */
const twoUcs2Segments = 134;
/** Above this share of foreign letters a text is kept as it is, at the price of UCS-2: question marks would say nothing. */
const readableShare = 0.1;
/** What stays of a title and of a text whatever the other takes; a text gets `wishedText` before the title gets more. */
const shortest = 24;
const wishedText = 48;

/** The draft in the alphabet of the style, as short as it wishes and never longer than it takes. */
export function fitDraft(draft: Draft, style: MessageStyle): Pick<Message, "text" | "parts"> {
	const alphabet = alphabetFor(draft, style);
	const said = alphabet === "gsm7" ? mapDraft(draft, sayInGsm7) : draft;
	const budget = Math.min(preferredLength(said, style, alphabet), style.maxLength);
	return inParts(shorten(said, budget, alphabet), style);
}

function preferredLength({ exact }: Draft, { charset, preferredLength, maxLength }: MessageStyle, alphabet: Alphabet) {
	if (exact) return maxLength;
	return charset === "gsm7" && alphabet === "unicode" ? twoUcs2Segments : preferredLength;
}

function inParts(draft: Draft, style: MessageStyle): Pick<Message, "text" | "parts"> {
	const { before, title, after, label, text, tail, log, foot } = draft;
	const whole = assemble(draft);
	// A frame alone can be longer than what was wished for, never longer than what the provider takes.
	const cut = cutToCost(whole, style.maxLength, "unicode");
	if (cut !== whole) return { text: cut, parts: { title: "", label: "", text: cut, log: false, foot: "" } };
	return { text: whole, parts: { title: `${before}${title}${after}`, label, text: `${text}${tail}`, log, foot } };
}

function alphabetFor({ title, text, label, tail, exact }: Draft, style: MessageStyle): Alphabet {
	if (style.charset === "unicode") return "unicode";
	if (exact && foreignShare(text) > 0) return "unicode";
	return [title, text, `${label}${tail}`].some((part) => foreignShare(part) > readableShare) ? "unicode" : "gsm7";
}

function mapDraft(draft: Draft, change: (part: string) => string): Draft {
	const { before, title, label, text, tail } = draft;
	const changed = { label: change(label), text: change(text), tail: change(tail) };
	return { ...draft, ...changed, before: change(before), title: change(title) };
}

/** `toGsm7` trims; a frame's own spaces stay. */
function sayInGsm7(part: string): string {
	const [, lead = "", core = "", tail = ""] = /^(\s*)([\s\S]*?)(\s*)$/.exec(part) ?? [];
	return `${lead}${toGsm7(core)}${tail}`;
}

/** Cuts the text, then the title, until the message costs no more than `budget`; both keep a readable rest even if it does not. */
function shorten(draft: Draft, budget: number, alphabet: Alphabet): Draft {
	const cost = (part: string) => costOf(part, alphabet);
	const room =
		budget - cost(`${draft.before}${draft.after}${lineBreak(draft)}${draft.label}${draft.tail}${draft.foot}`);
	if (cost(draft.title) + cost(draft.text) <= room) return draft;
	const wished = draft.exact ? cost(draft.text) : Math.min(cost(draft.text), wishedText);
	const title = cutToCost(draft.title, Math.max(shortest, room - wished), alphabet);
	const text = cutToCost(draft.text, Math.max(shortest, room - cost(title)), alphabet);
	return { ...draft, title, text };
}

/** Between the title's line and the rest; a notice has no title. */
function lineBreak({ before, title, after }: Draft): string {
	return before + title + after === "" ? "" : "\n";
}

function assemble(draft: Draft): string {
	const { before, title, after, label, text, tail, foot } = draft;
	return `${before}${title}${after}${lineBreak(draft)}${label}${text}${tail}`.trimEnd() + foot;
}
