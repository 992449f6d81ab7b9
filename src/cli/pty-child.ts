import { randomBytes } from "node:crypto";
import type { IPty } from "@lydell/node-pty";
import { type ChildEnd, fromShellCode } from "./child-end.ts";
import { type Guard, startGuard } from "./guard.ts";
import { holderArguments, type Mark, Marks, withOwnEnvironment } from "./holder.ts";
import type { PtyTools } from "./load-pty.ts";
import type { OutputSink } from "./output-sink.ts";
import { OwnTerminal, windowSize } from "./own-terminal.ts";
import { writeAll } from "./relay.ts";

export interface PtyChildOptions {
	command: readonly string[];
	env: Record<string, string | undefined>;
	sinks: readonly OutputSink[];
	/** The process whose terminal the command shall seem to have. */
	process: NodeJS.Process;
	/** How that is set, by `stty -g`. */
	modes: string;
}

type Started = Extract<ChildEnd, { started: true }>;

const ctrlC = 0x03;
/** A Ctrl-C so long before a failing end is why it failed. */
const interruptMs = 10_000;
const wakeMs = 50;

/** A command on a terminal of its own. Everything is passed on between that and ours. */
export class PtyChild {
	readonly #options: PtyChildOptions;
	readonly #pty: IPty;
	readonly #terminal: OwnTerminal;
	/** How it ended. */
	readonly ended: Promise<Started>;
	#end: (how: ReturnType<typeof fromShellCode>) => void = () => undefined;
	#pid: number | undefined;
	/** Started before the pty is there: it must not hold that open. */
	readonly #guard: Guard;
	#interruptedAt = Number.NEGATIVE_INFINITY;
	/** The command has been stopped, and with it the holder. */
	#stopped = false;
	#timer: NodeJS.Timeout | undefined;

	/** Throws when there is no terminal to be had; nothing has been started then. */
	constructor({ spawn, shell }: PtyTools, options: PtyChildOptions) {
		this.#options = options;
		this.ended = new Promise((resolve) => {
			this.#end = (how) => resolve(this.#describe(how));
		});
		const { command, env, process, modes } = options;
		const mark = `claude-notify-${randomBytes(12).toString("hex")}`;
		const words = holderArguments(mark, modes, withOwnEnvironment(command, env));
		this.#guard = startGuard(modes);
		try {
			this.#pty = spawn(shell, words, { ...windowSize(), cwd: process.cwd(), env, encoding: null });
		} catch (error) {
			this.#guard.release();
			throw error;
		}
		const marks = new Marks(mark, this.#pass, this.#onMark);
		// Without an encoding it gives bytes, which its types do not know.
		this.#pty.onData((chunk) => marks.push(chunk as unknown as Buffer));
		this.#pty.onExit(({ exitCode, signal }) => {
			marks.end();
			this.#end(fromShellCode(signal === undefined || signal === 0 ? exitCode : 128 + signal));
		});
		const [onInput, onResize, onWake] = [this.#type, this.#resize, this.#wake];
		this.#terminal = new OwnTerminal({ modes, process, onInput, onResize, onWake });
	}

	/** Passes on a signal that has come to us alone. */
	signal(signal: NodeJS.Signals): void {
		// A terminal that is gone tells all who work in it.
		if (this.#pid !== undefined) send(signal === "SIGHUP" ? -this.#pid : this.#pid, signal);
	}

	/** Our own terminal is as it was, and nothing of ours is left. */
	close(): void {
		clearTimeout(this.#timer);
		this.#guard.release();
		this.#terminal.close();
		send(this.#pty.pid, "SIGKILL");
		destroy(this.#pty);
	}

	#pass = (chunk: Buffer): void => {
		for (const sink of this.#options.sinks) sink.push(chunk);
		// Whoever read has left, as when a terminal is closed.
		if (!writeAll(1, chunk)) this.signal("SIGHUP");
	};

	#onMark = ({ word, value }: Mark): void => {
		if (word === "ended") this.#end(fromShellCode(value));
		if (word === "pid") {
			this.#pid = value;
			this.#guard.watch(value);
		}
		if (word === "stopped") {
			this.#stopped = true;
			this.#terminal.stop();
		}
		if (word === "going") {
			this.#stopped = false;
			clearTimeout(this.#timer);
		}
	};

	#describe(how: ReturnType<typeof fromShellCode>): Started {
		const recently = performance.now() - this.#interruptedAt < interruptMs;
		return { started: true, ...how, interrupted: how.signal === "SIGINT" || (recently && how.exitCode !== 0) };
	}

	#type = (bytes: Buffer): void => {
		if (bytes.includes(ctrlC)) this.#interruptedAt = performance.now();
		// It takes bytes too, which its types do not know.
		this.#pty.write(bytes as unknown as string);
	};

	#resize = (): void => {
		const size = windowSize();
		if (size !== undefined) this.#pty.resize(size.cols, size.rows);
	};

	/** Until it says that it goes on: it may not have stopped yet when it is woken. */
	#wake = (): void => {
		clearTimeout(this.#timer);
		if (!this.#stopped) return;
		send(this.#pty.pid, "SIGCONT");
		this.#timer = setTimeout(this.#wake, wakeMs);
	};
}

function send(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
	}
}

/** Every terminal of node-pty on Unix has it, though not in its types: without it, 200 ms pass before the process can end. */
function destroy(pty: IPty): void {
	(pty as IPty & { destroy?: () => void }).destroy?.();
}
