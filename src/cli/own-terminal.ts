import { ReadStream, WriteStream } from "node:tty";
import { isForeground, setTerminalModes } from "./terminal-modes.ts";

export interface OwnTerminalOptions {
	/** What to bring back whenever somebody else has the terminal, by `stty -g`. */
	modes: string;
	/** The process whose terminal it is. */
	process: NodeJS.Process;
	/** The bytes of keys that were pressed. */
	onInput: (bytes: Buffer) => void;
	/** The window has another size, or may have one. */
	onResize: () => void;
	/** We go on after we had stopped, in the foreground or not. */
	onWake: () => void;
}

/** After a stop that the kernel did not carry out, for want of anybody who could wake us. */
const wakeMs = 50;
const backgroundMs = 500;

/** The terminal that we were started in: raw while we are its foreground job, and as it was at every other time. */
export class OwnTerminal {
	readonly #options: OwnTerminalOptions;
	readonly #input = new ReadStream(0);
	#raw = false;
	#timer: NodeJS.Timeout | undefined;

	constructor(options: OwnTerminalOptions) {
		this.#options = options;
		this.#input.on("data", options.onInput).on("error", () => undefined);
		options.process.on("SIGWINCH", options.onResize).on("SIGCONT", this.#goOn);
		this.#take();
	}

	/** Stops our job as Ctrl-Z does, so that the person's shell has the terminal. */
	stop(): void {
		this.#giveBack();
		this.#options.process.kill(0, "SIGTSTP");
		this.#timer = setTimeout(this.#goOn, wakeMs);
	}

	close(): void {
		this.#options.process.off("SIGWINCH", this.#options.onResize).off("SIGCONT", this.#goOn);
		this.#giveBack();
		this.#input.destroy();
	}

	#take(): void {
		if (!isForeground(this.#options.process.pid)) {
			// The `fg` of a shell comes without a signal to a job that runs.
			this.#timer = setTimeout(() => this.#take(), backgroundMs);
			return;
		}
		setTerminalModes("raw", "-echo");
		this.#raw = true;
		this.#input.resume();
	}

	#giveBack(): void {
		clearTimeout(this.#timer);
		this.#input.pause();
		if (this.#raw && isForeground(this.#options.process.pid)) setTerminalModes(this.#options.modes);
		this.#raw = false;
	}

	#goOn = (): void => {
		clearTimeout(this.#timer);
		this.#options.onResize();
		this.#take();
		this.#options.onWake();
	};
}

/** Columns and rows of the terminal on our standard output; undefined once it has been closed. */
export function windowSize(): { cols: number; rows: number } | undefined {
	try {
		const output = new WriteStream(1);
		const [cols, rows] = output.getWindowSize();
		output.destroy();
		return { cols: cols || 80, rows: rows || 24 };
	} catch {
		return undefined;
	}
}
