import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { refsIn } from "./texts.ts";

/** The end of a conversation that is read: far more than the last minute of any. */
const mostBytes = 32 * 1024 * 1024;

/** What the model is shown. A text that only stands in line is there too, as a `queue-operation`. */
const shown = ["user", "attachment"];

/** The refs of the replies that stand in a conversation, by the file that Claude Code keeps of it. Undefined where that cannot be read. */
export function refsInTranscript(path: string | undefined): ReadonlySet<string> | undefined {
	if (path === undefined) return undefined;
	try {
		const lines = readEnd(path).split("\n");
		return new Set(lines.flatMap((line) => (line.includes("[reply ") && isShown(line) ? refsIn(line) : [])));
	} catch {
		return undefined;
	}
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

/** A line that was cut off by a kill is none. */
function isShown(line: string): boolean {
	try {
		const entry: unknown = JSON.parse(line);
		return typeof entry === "object" && entry !== null && "type" in entry && shown.includes(String(entry.type));
	} catch {
		return false;
	}
}
