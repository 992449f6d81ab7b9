import { join } from "node:path";
import { readIfThere, writePrivateFile } from "../state/files.ts";

interface LastNote {
	group: string;
	/** The notification service's own number. */
	id: number;
	/** Milliseconds since 1970. */
	at: number;
}

/** A service that was started anew counts from 1 again: an old number may be another program's note by then. */
const goodForMs = 3_600_000;
const kept = 30;

/** `desktop.json`: which note of a group is the last one, so that the next takes its place. */
export class LastNotes {
	readonly #path: string;
	readonly #now: () => Date;

	constructor(home: string, now: () => Date) {
		this.#path = join(home, "desktop.json");
		this.#now = now;
	}

	idOf(group: string): number | undefined {
		return this.#read().find((each) => each.group === group)?.id;
	}

	/** A file that cannot be written costs the replacing, not the note. */
	keep(group: string, id: number): void {
		const others = this.#read().filter((each) => each.group !== group);
		const notes: LastNote[] = [{ group, id, at: this.#now().getTime() }, ...others].slice(0, kept);
		try {
			writePrivateFile(this.#path, JSON.stringify(notes));
		} catch {
			return;
		}
	}

	#read(): LastNote[] {
		try {
			const read: unknown = JSON.parse(readIfThere(this.#path) ?? "[]");
			const age = (at: number) => this.#now().getTime() - at;
			return Array.isArray(read) ? read.filter(isLastNote).filter(({ at }) => age(at) >= 0 && age(at) < goodForMs) : [];
		} catch {
			return [];
		}
	}
}

function isLastNote(value: unknown): value is LastNote {
	const { group, id, at } = Object(value);
	return typeof group === "string" && Number.isInteger(id) && id > 0 && typeof at === "number";
}
