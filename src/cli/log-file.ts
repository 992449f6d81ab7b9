import type { Hash } from "node:crypto";
import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { maxLogBytes } from "../contract/last-bytes.ts";
import type { LogDigest } from "../contract/task-logs.ts";
import { ensurePrivateFolder, removeFile } from "../state/files.ts";
import type { OutputSink } from "./output-sink.ts";

/**
 * All that a command prints, as it came, in a 0600 file until it is sent. Above 10 MB only hash and length are kept, and the file goes.
 * A disk that is full ends the log, never the command.
 */
export class LogFile implements OutputSink {
	readonly #path: string;
	readonly #hash: Hash;
	#bytes = 0;
	#fd: number | undefined;
	#broken = false;

	private constructor(path: string, hash: Hash) {
		this.#path = path;
		this.#hash = hash;
		this.#try(() => {
			ensurePrivateFolder(dirname(path));
			this.#fd = openSync(path, "wx", 0o600);
		});
	}

	/** `node:crypto` costs a quarter of a run's start: only who keeps a log pays for it. */
	static async open(path: string): Promise<LogFile> {
		const { createHash } = await import("node:crypto");
		return new LogFile(path, createHash("sha256"));
	}

	push(chunk: Uint8Array): void {
		if (this.#broken) return;
		this.#hash.update(chunk);
		this.#bytes += chunk.length;
		if (this.#bytes > maxLogBytes) this.#drop();
		else this.#write(chunk);
	}

	/** No more will come; the file waits under this name. What was printed in all; undefined where it could not be written. */
	keepAs(path: string): LogDigest | undefined {
		if (this.#fd !== undefined) this.#try(() => renameSync(this.#path, path));
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
