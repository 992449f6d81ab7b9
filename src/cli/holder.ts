import { existsSync } from "node:fs";
import type { OutputSink } from "./output-sink.ts";

/**
 * What runs between the pty and the command. A pty whose last process ends loses what was not read yet, so this one stays until we have
 * read its mark; and a command that has no parent in its own session cannot be stopped by Ctrl-Z. $0 is the mark, $1 the modes of the
 * real terminal. It traps what else would end it with the command; SIGHUP must end it.
 */
const script = `trap : INT QUIT TERM
test -z "$1" || stty "$1"
shift
set -m
exec 3>&2 2>/dev/null
/bin/sh -c 'exec 2>&3 3>&-; printf "\\0%s pid %s\\0" "$0" "$$"; exec "$@"' "$0" "$@"
while set -- "$?" && kill -0 %%; do
	printf '\\0%s stopped %s\\0' "$0" "$1"; kill -STOP $$; printf '\\0%s going 0\\0' "$0"; fg >/dev/null
done
printf '\\0%s ended %s\\0' "$0" "$1"
kill -STOP $$`;

/** dash alone: bash gives a job of a script no terminal once its stderr goes elsewhere, and ends with a job that Ctrl-C ended. */
const shells = ["/bin/dash", "/usr/bin/dash"];

export function holderShell(): string | undefined {
	return shells.find((shell) => existsSync(shell));
}

export function holderArguments(mark: string, modes: string, command: readonly string[]): string[] {
	return ["-c", script, mark, modes, ...command];
}

const shellName = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** node-pty sets the first two, bash as /bin/sh the others. */
const oftenChanged = ["PWD", "TERM", "SHLVL", "_"];

/** The command with its own environment again: shells and node-pty set some variables, and dash drops names that are none for it. */
export function withOwnEnvironment(
	command: readonly string[],
	env: Readonly<Record<string, string | undefined>>,
): string[] {
	const unset = oftenChanged.filter((name) => env[name] === undefined).flatMap((name) => ["-u", name]);
	const set = Object.entries(env).flatMap(([name, value]) => {
		const lost = oftenChanged.includes(name) || !shellName.test(name);
		return lost && value !== undefined ? [`${name}=${value}`] : [];
	});
	return ["/usr/bin/env", ...unset, ...set, ...command];
}

export interface Mark {
	word: "pid" | "stopped" | "going" | "ended";
	value: number;
}

/** Takes the holder's marks out of the output: they come in order with it, so whatever was printed before one has been read. */
export class Marks implements OutputSink {
	readonly #start: Buffer;
	readonly #onOutput: (chunk: Buffer) => void;
	readonly #onMark: (mark: Mark) => void;
	/** The beginning of what may become a mark. */
	#held: Buffer = Buffer.alloc(0);

	constructor(mark: string, onOutput: (chunk: Buffer) => void, onMark: (mark: Mark) => void) {
		this.#start = Buffer.from(`\0${mark} `);
		this.#onOutput = onOutput;
		this.#onMark = onMark;
	}

	push(chunk: Buffer): void {
		let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
		this.#held = Buffer.alloc(0);
		for (;;) {
			const from = this.#beginning(rest);
			this.#pass(rest.subarray(0, from));
			const to = rest.indexOf(0, from + this.#start.length);
			if (to === -1) {
				this.#held = Buffer.from(rest.subarray(from));
				return;
			}
			const [word, value] = rest.toString("latin1", from + this.#start.length, to).split(" ");
			rest = rest.subarray(to + 1);
			if (word === "pid" || word === "stopped" || word === "going" || word === "ended") {
				this.#onMark({ word, value: Number(value) });
			}
		}
	}

	/** Nothing more will come: what looked like a mark was none. */
	end(): void {
		this.#pass(this.#held);
		this.#held = Buffer.alloc(0);
	}

	/** Where a mark begins, or where its first bytes stand at the end; else the length. */
	#beginning(data: Buffer): number {
		const whole = data.indexOf(this.#start);
		if (whole !== -1) return whole;
		const last = data.lastIndexOf(0);
		const isPrefix = last !== -1 && this.#start.subarray(0, data.length - last).equals(data.subarray(last));
		return isPrefix ? last : data.length;
	}

	#pass(chunk: Buffer): void {
		if (chunk.length > 0) this.#onOutput(chunk);
	}
}
