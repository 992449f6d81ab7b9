import { stripVTControlCharacters } from "node:util";
import { lastBytes, maxTail } from "../contract/last-bytes.ts";
import { maskSecrets } from "../contract/mask-secrets.ts";
import { plainText } from "../plain-text.ts";
import type { OutputSink } from "./output-sink.ts";

/** Raw bytes that are kept: escape sequences and progress bars take many more than what is left of them. */
const maxRaw = 64 * 1024;

/** The end of what a command prints, in flat memory however long that is. */
export class Tail implements OutputSink {
	/** A ring: `#at` is where the next byte goes. */
	readonly #ring = Buffer.alloc(maxRaw);
	#at = 0;
	#seen = 0;

	/** Bytes that came. */
	get bytes(): number {
		return this.#seen;
	}

	/** Copies what it keeps: the chunk may be used again. */
	push(chunk: Buffer): void {
		this.#seen += chunk.length;
		const kept = chunk.subarray(-maxRaw);
		const first = kept.copy(this.#ring, this.#at);
		kept.copy(this.#ring, 0, first);
		this.#at = (this.#at + kept.length) % maxRaw;
	}

	/** As a person saw it, without escape sequences and secrets; at most 10 KB. */
	text(): string {
		return lastBytes(asShown(this.#raw().toString("utf8")), maxTail);
	}

	#raw(): Buffer {
		if (this.#seen < maxRaw) return this.#ring.subarray(0, this.#seen);
		return Buffer.concat([this.#ring.subarray(this.#at), this.#ring.subarray(0, this.#at)]);
	}
}

/** What a person saw of an output, without secrets. */
export function asShown(raw: string): string {
	const lines = stripVTControlCharacters(raw).replace(/\r+\n/g, "\n").split("\n").map(lastWritten);
	return maskSecrets(plainText(lines.join("\n")));
}

/** A progress bar writes over itself with a lone CR. */
function lastWritten(line: string): string {
	return line.split("\r").findLast((part) => part.trim() !== "") ?? "";
}
