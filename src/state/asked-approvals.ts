import { statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { type Log, reasonOf } from "../log.ts";
import { readFolder, readIfThere, removeFile, writePrivateFile } from "./files.ts";

/** No request is open so long. */
const oldestMs = 24 * 3_600_000;

const ids = z.array(z.uuid());

/**
 * Ids of what one session asks the phone just now: `asked/<session>.json`. Whoever goes on with the session after a kill takes them back.
 * A disk that cannot be read or written costs only that.
 */
export class AskedApprovals {
	readonly #folder: string;
	readonly #path: string;
	readonly #warn: Log["warn"];
	readonly #open = new Set<string>();

	/** `sessionId` is the server's. */
	constructor(home: string, sessionId: string, warn: Log["warn"]) {
		this.#folder = join(home, "asked");
		this.#path = join(this.#folder, `${z.uuid().parse(sessionId)}.json`);
		this.#warn = warn;
	}

	add(id: string): void {
		this.#open.add(id);
		this.#write();
	}

	remove(id: string): void {
		if (this.#open.delete(id)) this.#write();
	}

	/** What a companion that was killed has left behind, once; and no file of a session that nobody went on with stays. */
	takeLeft(now: Date): string[] {
		try {
			const left = ids.safeParse(JSON.parse(readIfThere(this.#path) ?? "[]"));
			removeFile(this.#path);
			for (const name of readFolder(this.#folder)) {
				const path = join(this.#folder, name);
				const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now.getTime();
				if (now.getTime() - written > oldestMs) removeFile(path);
			}
			return left.success ? left.data : [];
		} catch (error) {
			this.#warn(`what was asked before cannot be read: ${reasonOf(error)}`);
			return [];
		}
	}

	#write(): void {
		try {
			if (this.#open.size === 0) removeFile(this.#path);
			else writePrivateFile(this.#path, JSON.stringify([...this.#open]));
		} catch (error) {
			this.#warn(`what is asked cannot be written: ${reasonOf(error)}`);
		}
	}
}
