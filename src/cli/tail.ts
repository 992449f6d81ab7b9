import { stripVTControlCharacters } from "node:util";
import { lastBytes, maxTail } from "../contract/last-bytes.ts";
import { maskSecrets } from "../contract/mask-secrets.ts";
import { plainText } from "../plain-text.ts";

/** Raw bytes that are kept: escape sequences and progress bars take many more than what is left of them. */
const maxRaw = 64 * 1024;

/** The end of what a command prints, in flat memory however long that is. */
export class Tail {
	#chunks: Buffer[] = [];
	#kept = 0;
	#seen = 0;

	/** Bytes that came. */
	get bytes(): number {
		return this.#seen;
	}

	push(chunk: Buffer): void {
		this.#seen += chunk.length;
		// A copy: a slice would keep the whole chunk that it is a part of.
		const kept = chunk.length > maxRaw ? Buffer.from(chunk.subarray(-maxRaw)) : chunk;
		this.#chunks.push(kept);
		this.#kept += kept.length;
		while (this.#kept - (this.#chunks[0]?.length ?? 0) >= maxRaw) this.#kept -= this.#chunks.shift()?.length ?? 0;
	}

	/** As a person saw it, without escape sequences and secrets; at most 10 KB. */
	text(): string {
		const raw = Buffer.concat(this.#chunks).toString("utf8");
		const lines = stripVTControlCharacters(raw).replace(/\r+\n/g, "\n").split("\n").map(lastWritten);
		return lastBytes(maskSecrets(plainText(lines.join("\n"))), maxTail);
	}
}

/** A progress bar writes over itself with a lone CR. */
function lastWritten(line: string): string {
	return line.split("\r").findLast((part) => part.trim() !== "") ?? "";
}
