import type { OutputSink } from "./output-sink.ts";
import type { RunOptions } from "./run-options.ts";
import { Tail } from "./tail.ts";

export interface PartialWatchOptions {
	every: RunOptions["every"];
	/** Between two that were due for their lines. */
	cooldownMs: number;
	onText: (text: string) => void;
}

const lineFeed = 0x0a;

/** Tells every so often, in time or lines, what was printed since it last did. */
export class PartialWatch implements OutputSink {
	readonly #options: PartialWatchOptions;
	readonly #timer: NodeJS.Timeout | undefined;
	#tail = new Tail();
	#lines = 0;
	#toldAt = Number.NEGATIVE_INFINITY;

	constructor(options: PartialWatchOptions) {
		this.#options = options;
		if ("ms" in options.every) this.#timer = setInterval(() => this.#tell(), options.every.ms);
	}

	push(chunk: Buffer): void {
		this.#tail.push(chunk);
		const { every, cooldownMs } = this.#options;
		if (!("lines" in every)) return;
		for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, at + 1)) this.#lines += 1;
		if (this.#lines >= every.lines && performance.now() - this.#toldAt >= cooldownMs) this.#tell();
	}

	end(): void {
		clearInterval(this.#timer);
	}

	#tell(): void {
		if (this.#tail.bytes === 0) return;
		const text = this.#tail.text();
		[this.#tail, this.#lines, this.#toldAt] = [new Tail(), 0, performance.now()];
		this.#options.onText(text);
	}
}
