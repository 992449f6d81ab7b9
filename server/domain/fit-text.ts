import { septets } from "./gsm7.ts";

/** In what a text is counted: septets of GSM 03.38, or UTF-16 units. */
export type Alphabet = "gsm7" | "unicode";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const markers = { gsm7: "...", unicode: "…" } as const satisfies Record<Alphabet, string>;
/** A cut goes back to the end of a word when that loses no more than this. */
const wordSlack = 15;

export function costOf(text: string, alphabet: Alphabet): number {
	return alphabet === "gsm7" ? (septets(text) ?? text.length) : text.length;
}

/** The beginning of `text` that costs no more than `budget`, marker included; cut between characters as a person sees them, at a word if one ends near. */
export function cutToCost(text: string, budget: number, alphabet: Alphabet): string {
	if (costOf(text, alphabet) <= budget) return text;
	const marker = markers[alphabet];
	let left = budget - costOf(marker, alphabet);
	if (left <= 0) return "";
	let end = 0;
	for (const { segment, index } of graphemes.segment(text)) {
		left -= costOf(segment, alphabet);
		if (left < 0) break;
		end = index + segment.length;
	}
	const kept = text.slice(0, end);
	const word = /^([\s\S]*\S)\s+\S*$/.exec(/\s/.test(text.charAt(end)) ? `${kept} ` : kept)?.[1];
	const tidy = word !== undefined && kept.length - word.length <= wordSlack ? word : kept;
	return `${tidy.replace(/[\s,;:.-]+$/, "")}${marker}`;
}
