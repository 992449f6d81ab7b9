import { foldText } from "./fold-text.ts";

const inWord = /[\p{L}\p{N}_]/u;

/** The first entry of the list that stands in the text: `sudo` as a word of its own, `*` for anything between two parts. */
export function bannedIn(text: string, list: readonly string[]): string | undefined {
	const folded = foldText(text);
	return list.find((entry) => stands(folded, foldText(entry)));
}

/** Without regular expressions of the user's: no entry can be slow. */
function stands(text: string, entry: string): boolean {
	const parts = entry.split("*").map((part) => part.trim());
	if (parts.every((part) => part === "")) return false;
	let from = 0;
	for (const [at, part] of parts.entries()) {
		const found = find(text, part, from, { begins: at === 0, ends: at === parts.length - 1 });
		if (found === undefined) return false;
		from = found;
	}
	return true;
}

/** Where the part ends; a word that begins or ends the entry is no piece of a longer one. */
function find(text: string, part: string, from: number, edge: { begins: boolean; ends: boolean }): number | undefined {
	for (let at = text.indexOf(part, from); at !== -1; at = text.indexOf(part, at + 1)) {
		const end = at + part.length;
		const free =
			(!edge.begins || isEdge(text.slice(0, at), part, "first")) &&
			(!edge.ends || isEdge(text.slice(end), part, "last"));
		if (free) return end;
		if (part === "") return undefined;
	}
	return undefined;
}

function isEdge(beside: string, part: string, side: "first" | "last"): boolean {
	const [inner, outer] = side === "first" ? [part.at(0), beside.at(-1)] : [part.at(-1), beside.at(0)];
	return inner === undefined || outer === undefined || !(inWord.test(inner) && inWord.test(outer));
}
