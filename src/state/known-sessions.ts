import { statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { isSafeName, readFolder, readIfThere, removeFile, writePrivateFile } from "./files.ts";

/** A session that was monitored on this machine, and may be gone on with after its end. */
const knownSession = z.object({ cwd: z.string().min(1) });
export type KnownSession = z.infer<typeof knownSession>;

/** Nobody goes on with an older one from the phone. */
const forgottenMs = 30 * 24 * 3_600_000;

/** Which sessions ran here and in which folder; kept beyond their end. What the server says of them is not believed. */
export class KnownSessions {
	readonly #folder: string;
	readonly #now: () => Date;

	constructor(home: string, now: () => Date) {
		this.#folder = join(home, "known");
		this.#now = now;
	}

	read(claudeSessionId: string): KnownSession | undefined {
		if (!isSafeName(claudeSessionId)) return undefined;
		try {
			const text = readIfThere(this.#path(claudeSessionId));
			return text === undefined ? undefined : knownSession.parse(JSON.parse(text));
		} catch {
			return undefined;
		}
	}

	/** Throws when the disk does. */
	add(claudeSessionId: string, session: KnownSession): void {
		if (!isSafeName(claudeSessionId) || this.read(claudeSessionId)?.cwd === session.cwd) return;
		writePrivateFile(this.#path(claudeSessionId), JSON.stringify(session));
		for (const name of readFolder(this.#folder)) {
			const path = join(this.#folder, name);
			const age =
				this.#now().getTime() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY);
			if (age > forgottenMs) removeFile(path);
		}
	}

	#path(claudeSessionId: string): string {
		return join(this.#folder, `${claudeSessionId}.json`);
	}
}
