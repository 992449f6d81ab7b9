import type { LinePattern } from "../line-pattern.ts";
import type { OutputSink } from "./output-sink.ts";
import { PartialWatch } from "./partial-watch.ts";
import { PatternWatch } from "./pattern-watch.ts";
import type { RunOptions } from "./run-options.ts";
import type { TaskTeller } from "./task-teller.ts";

/** What is told of a command before its end. */
export class RunProgress {
	/** What of it reads the output. */
	readonly sinks: readonly OutputSink[];
	readonly #watches: readonly { end(): void }[];
	readonly #timer: NodeJS.Timeout | undefined;

	constructor(options: RunOptions, teller: TaskTeller, matches: LinePattern | undefined) {
		const { notifyOn, every, cooldownMs, startNotice, shownCommand, intervalMs } = options;
		const watches = [
			...(notifyOn.has("partial")
				? [new PartialWatch({ every, cooldownMs, onText: (text) => teller.update("partial", text) })]
				: []),
			...(matches === undefined
				? []
				: [new PatternWatch({ matches, cooldownMs, onLine: (line) => teller.update("regex", line) })]),
		];
		[this.sinks, this.#watches] = [watches, watches];
		if (startNotice) teller.update("started", shownCommand ?? "");
		if (intervalMs !== undefined) this.#timer = setInterval(() => teller.update("running", ""), intervalMs);
	}

	end(): void {
		clearInterval(this.#timer);
		for (const watch of this.#watches) watch.end();
	}
}
