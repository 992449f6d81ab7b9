import { join } from "node:path";
import { isSafeName, lastWritten, readFolder, readIfThere, removeFile, writePrivateFile } from "../state/files.ts";

/** What is known of a session's present turn. */
export interface Turn {
	/** The agent's own name for it; empty where it has none. */
	id: string;
	/** When its prompt came, in milliseconds since 1970; undefined where nobody saw it. */
	began: number | undefined;
	/** What was told of it. */
	told: string[];
}

/** A session that has said nothing for so long does not come back to this turn. */
const staleMs = 7 * 86_400_000;
const maxTold = 50;

/** `agents/<agent>-<session id>.json`, 0600: each hook is a process of its own, and knows of the others by these. */
export class Turns {
	readonly #folder: string;

	constructor(home: string) {
		this.#folder = join(home, "agents");
	}

	/** Undefined when the session's name could not be a file's. */
	nameOf(agent: string, session: string): string | undefined {
		const name = `${agent}-${session}`;
		return isSafeName(session) && isSafeName(name) ? name : undefined;
	}

	/** The turn of this id, of no id the last one; a new one, whose beginning nobody saw, when that is not the one that is kept. */
	read(name: string, id: string): Turn {
		const kept = readTurn(readIfThere(this.#path(name)));
		const isIt = kept !== undefined && (id === "" || kept.id === id);
		return isIt ? kept : { id, began: undefined, told: [] };
	}

	write(name: string, turn: Turn): void {
		writePrivateFile(this.#path(name), JSON.stringify({ ...turn, told: turn.told.slice(-maxTold) }));
	}

	remove(name: string): void {
		removeFile(this.#path(name));
	}

	/** SessionEnd may never come. */
	removeStale(now: Date): void {
		for (const file of readFolder(this.#folder)) {
			const path = join(this.#folder, file);
			if (now.getTime() - lastWritten(path) > staleMs) removeFile(path);
		}
	}

	#path(name: string): string {
		return join(this.#folder, `${name}.json`);
	}
}

function readTurn(text: string | undefined): Turn | undefined {
	try {
		const { id, began, told } = Object(JSON.parse(text ?? "null"));
		if (typeof id !== "string" || !Array.isArray(told)) return undefined;
		const marks = told.filter((mark) => typeof mark === "string");
		return { id, began: typeof began === "number" ? began : undefined, told: marks };
	} catch {
		return undefined;
	}
}
