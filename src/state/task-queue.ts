import { join } from "node:path";
import {
	isSafeName,
	lastWritten,
	readBytesIfThere,
	readFolder,
	readIfThere,
	removeFile,
	writePrivateFile,
} from "./files.ts";

/** Ends of commands that the server has not taken yet; the oldest go when there are more. */
const maxQueued = 200;

/** A command that printed nothing for so long is not running any more. */
const lostAfterMs = 7 * 86_400_000;

/** `tasks/<id>.json`, 0600, one each: written in one step, and read by whoever sends them. Ids are UUIDv7: their order is that of the ends. */
export class TaskQueue {
	readonly #folder: string;

	constructor(home: string) {
		this.#folder = join(home, "tasks");
	}

	/** What all who send hold while they do. */
	get lockPath(): string {
		return join(this.#folder, "sending");
	}

	put(id: string, record: unknown): void {
		writePrivateFile(this.#path(id), JSON.stringify(record));
		for (const old of this.ids().slice(0, -maxQueued)) this.remove(old);
	}

	/** Oldest first. */
	ids(): string[] {
		const names = readFolder(this.#folder).flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []);
		return names.filter(isSafeName).sort();
	}

	/** Undefined when it is gone, or no JSON. */
	read(id: string): unknown {
		try {
			return JSON.parse(readIfThere(this.#path(id)) ?? "");
		} catch {
			return undefined;
		}
	}

	/** Where the full output of a task waits beside it. */
	logPath(id: string): string {
		return join(this.#folder, `${id}.log`);
	}

	/** Undefined when there is none. */
	readLog(id: string): Buffer | undefined {
		return readBytesIfThere(this.logPath(id));
	}

	remove(id: string): void {
		removeFile(this.#path(id));
		removeFile(this.logPath(id));
	}

	/** Logs of runs that were killed before their end could be queued. */
	removeLostLogs(now: Date): void {
		const queued = new Set(this.ids());
		for (const name of readFolder(this.#folder)) {
			const id = /^(.+)\.log$/.exec(name)?.[1];
			if (id === undefined || queued.has(id) || !isSafeName(id)) continue;
			if (now.getTime() - lastWritten(this.logPath(id)) > lostAfterMs) removeFile(this.logPath(id));
		}
	}

	/** Keeps why the server refused one, for the person to see with their next command. */
	putRefusal(reason: string): void {
		writePrivateFile(this.#refusal, reason);
	}

	/** The last refusal, once. */
	takeRefusal(): string | undefined {
		const reason = readIfThere(this.#refusal);
		if (reason !== undefined) removeFile(this.#refusal);
		return reason;
	}

	get #refusal(): string {
		return join(this.#folder, "refused");
	}

	#path(id: string): string {
		return join(this.#folder, `${id}.json`);
	}
}
