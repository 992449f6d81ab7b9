import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { ReadStream, WriteStream } from "node:tty";

/** Talks to a person. */
export interface Asker {
	say(line: string): void;
	/** What was typed, without the spaces around it; undefined when the person left with Ctrl-C or Ctrl-D. */
	ask(question: string, options?: { secret?: boolean }): Promise<string | undefined>;
}

/** Asks on a terminal. What is secret is neither echoed nor kept in a history. */
export function openAsker(input: ReadStream, output: WriteStream): Asker & Disposable {
	let hidden = false;
	const echo = new Writable({
		write(chunk: Buffer, _encoding, done) {
			if (!hidden) output.write(chunk);
			done();
		},
	});
	const lines = createInterface({ input, output: echo, terminal: true, historySize: 0 });
	// A question that is open when the terminal closes would stay open for ever.
	const left = new AbortController();
	lines.on("close", () => left.abort());
	lines.on("SIGINT", () => lines.close());
	return {
		say: (line) => void output.write(`${line}\n`),
		async ask(question, { secret = false } = {}) {
			if (left.signal.aborted) return undefined;
			hidden = secret;
			if (secret) output.write(question);
			try {
				return (await lines.question(secret ? "" : question, { signal: left.signal })).trim();
			} catch (error) {
				if (left.signal.aborted) return undefined;
				throw error;
			} finally {
				hidden = false;
				if (secret || left.signal.aborted) output.write("\n");
			}
		},
		[Symbol.dispose]: () => lines.close(),
	};
}
