import { createHash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { type LogDigest, maxLogBytes } from "../contract/task-logs.ts";
import { ensurePrivateFolder, removeFile } from "../state/files.ts";

/**
 * All that a command prints, as it came, in a 0600 file until it is sent. Above 10 MB only hash and length are kept, and the file goes.
 * A disk that is full ends the log, never the command.
 */
export class LogFile {
	readonly #path: string;
	readonly #hash = createHash("sha256");
	#bytes = 0;
	#fd: number | undefined;
	#broken = false;

	constructor(path: string) {
		this.#path = path;
		this.#try(() => {
			ensurePrivateFolder(dirname(path));
			this.#fd = openSync(path, "wx", 0o600);
		});
	}

	push(chunk: Uint8Array): void {
		if (this.#broken) return;
		this.#hash.update(chunk);
		this.#bytes += chunk.length;
		if (this.#bytes > maxLogBytes) this.#drop();
		else this.#write(chunk);
	}

	/** No more will come. What was printed in all; undefined where it could not be written. */
	end(): LogDigest | undefined {
		this.#close();
		return this.#broken ? undefined : { sha256: this.#hash.digest("hex"), bytes: this.#bytes };
	}

	/** Nobody is going to be told. */
	discard(): void {
		this.#drop();
	}

	#write(chunk: Uint8Array): void {
		this.#try(() => {
			for (let at = 0; this.#fd !== undefined && at < chunk.length; ) at += writeSync(this.#fd, chunk, at);
		});
	}

	#try(work: () => void): void {
		try {
			work();
		} catch {
			this.#broken = true;
			this.#drop();
		}
	}

	#drop(): void {
		if (this.#fd === undefined) return;
		this.#close();
		removeFile(this.#path);
	}

	#close(): void {
		if (this.#fd !== undefined) closeSync(this.#fd);
		this.#fd = undefined;
	}
}
