import { asShown } from "./tail.ts";

/** Characters that are cleaned and masked at a time, in whole lines where they end in time. */
const blockLength = 64 * 1024;

/** The whole output as it leaves the machine: as a person saw it, without escape sequences and without secrets in known forms. */
export function logText(raw: Buffer): string {
	const masked: string[] = [];
	let insideKey = false;
	for (const block of blocksOf(raw.toString("utf8"))) {
		const rest: string | undefined = insideKey ? afterKey(block) : block;
		insideKey = rest === undefined || endsInsideKey(rest);
		if (rest !== undefined) masked.push(asShown(rest));
	}
	return masked.join("");
}

function* blocksOf(text: string): Generator<string> {
	for (let from = 0; from < text.length; ) {
		const limit = from + blockLength;
		const lineEnd = limit >= text.length ? text.length : text.lastIndexOf("\n", limit - 1) + 1;
		const to = lineEnd > from ? lineEnd : wordEnd(text, limit);
		yield text.slice(from, to);
		from = to;
	}
}

/** A line without an end is cut between two words, so that no secret is cut in two. */
function wordEnd(text: string, limit: number): number {
	const space = text.lastIndexOf(" ", limit);
	return space > limit - blockLength / 2 ? space + 1 : limit;
}

const begin = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/g;
const end = /-----END [A-Z ]{0,40}PRIVATE KEY-----/g;

/** A private key has many lines; only the first block of them shows what it is. */
function endsInsideKey(block: string): boolean {
	return lastIndex(block, begin) > lastIndex(block, end);
}

function lastIndex(text: string, pattern: RegExp): number {
	return [...text.matchAll(pattern)].at(-1)?.index ?? -1;
}

/** What follows the key; undefined while it goes on. */
function afterKey(block: string): string | undefined {
	const [found] = block.matchAll(end);
	return found === undefined ? undefined : block.slice(found.index + found[0].length);
}
