import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { refsIn } from "./texts.ts";

/** The end of a conversation that is read: far more than the last minute of any. */
const mostBytes = 32 * 1024 * 1024;

/** What the model is shown. A text that only stands in line is there too, as a `queue-operation`. */
const shownTypes = ["user", "attachment"];
/** Written when the model is asked, and what it says. */
const askedTypes = ["api-request", "assistant"];

/** The refs of the replies that stand in a conversation. */
export interface TranscriptRefs {
	shown: ReadonlySet<string>;
	/** Those that the model was asked with. The others are shown with the next request, unless /clear comes before. */
	asked: ReadonlySet<string>;
}

/** By the file that Claude Code keeps of a conversation. Undefined where that cannot be read. */
export function readTranscript(path: string | undefined): TranscriptRefs | undefined {
	if (path === undefined) return undefined;
	try {
		return refsOf(readEnd(path).split("\n"));
	} catch {
		return undefined;
	}
}

function refsOf(lines: readonly string[]): TranscriptRefs {
	const [shown, asked] = [new Set<string>(), new Set<string>()];
	let wasAsked = false;
	for (const line of lines.toReversed()) {
		wasAsked ||= askedTypes.some((type) => line.includes(`"${type}"`)) && askedTypes.includes(typeOf(line));
		if (!line.includes("[reply ") || !shownTypes.includes(typeOf(line))) continue;
		for (const ref of refsIn(line)) {
			shown.add(ref);
			if (wasAsked) asked.add(ref);
		}
	}
	return { shown, asked };
}

function readEnd(path: string): string {
	const file = openSync(path, "r");
	try {
		const { size } = fstatSync(file);
		const end = Buffer.alloc(Math.min(size, mostBytes));
		let length = 0;
		while (length < end.length) {
			const read = readSync(file, end, length, end.length - length, size - end.length + length);
			if (read === 0) break;
			length += read;
		}
		return end.toString("utf8", 0, length);
	} finally {
		closeSync(file);
	}
}

/** A line that was cut off by a kill has none. */
function typeOf(line: string): string {
	try {
		const entry: unknown = JSON.parse(line);
		return typeof entry === "object" && entry !== null && "type" in entry ? String(entry.type) : "";
	} catch {
		return "";
	}
}
