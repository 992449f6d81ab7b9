import { stripVTControlCharacters } from "node:util";
import { maskSecrets } from "../contract/mask-secrets.ts";
import type { LinePattern } from "../line-pattern.ts";
import { plainText } from "../plain-text.ts";
import type { OutputSink } from "./output-sink.ts";

/** What is longer counts as several lines. */
const maxLine = 64 * 1024;
const maxShown = 500;
const lineFeed = 0x0a;

export interface PatternWatchOptions {
	matches: LinePattern;
	/** After a line was told nothing is read for so long. */
	cooldownMs: number;
	onLine: (line: string) => void;
}

/** Tells of a line that matches, as a person saw it; in flat memory. */
export class PatternWatch implements OutputSink {
	readonly #options: PatternWatchOptions;
	#rest: Buffer = Buffer.alloc(0);
	#quietUntil = Number.NEGATIVE_INFINITY;

	constructor(options: PatternWatchOptions) {
		this.#options = options;
	}

	push(chunk: Buffer): void {
		const end = chunk.lastIndexOf(lineFeed) + 1;
		if (performance.now() < this.#quietUntil) {
			this.#keep(end === 0 ? Buffer.concat([this.#rest, chunk]) : chunk.subarray(end));
			return;
		}
		if (end > 0) this.#read(Buffer.concat([this.#rest, chunk.subarray(0, end)]));
		this.#keep(end === 0 ? Buffer.concat([this.#rest, chunk]) : chunk.subarray(end));
	}

	/** The command has ended: its last line may have no end. */
	end(): void {
		if (performance.now() >= this.#quietUntil) this.#read(this.#rest);
		this.#rest = Buffer.alloc(0);
	}

	#keep(rest: Buffer): void {
		if (rest.length <= maxLine) {
			this.#rest = Buffer.from(rest);
			return;
		}
		if (performance.now() >= this.#quietUntil) this.#read(rest);
		this.#rest = Buffer.alloc(0);
	}

	/** All of it at once first: most output has nothing that matches. */
	#read(bytes: Buffer): void {
		const text = stripVTControlCharacters(bytes.toString("utf8")).replace(/\r+\n|\r/g, "\n");
		if (!this.#options.matches(text)) return;
		const line = text.split("\n").find((each) => each !== "" && this.#options.matches(each));
		if (line === undefined) return;
		this.#quietUntil = performance.now() + this.#options.cooldownMs;
		this.#options.onLine(maskSecrets(plainText(line)).slice(0, maxShown).toWellFormed());
	}
}
