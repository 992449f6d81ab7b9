import { writeSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import type { OutputSink } from "./output-sink.ts";

/** Something that the command left behind may hold its output open for ever: so long nothing came, then it counts as ended. */
const quietMs = 1000;
const chunkBytes = 64 * 1024;

/**
 * Copies what comes to one of our own ends, at the pace of whoever reads there: the write waits, and with it the command. What it gives
 * resolves once the last of it has been passed on.
 */
export function relay(from: number | Readable | null, to: 1 | 2, sinks: readonly OutputSink[]): () => Promise<void> {
	if (from === null) return () => Promise.resolve();
	let lastAt = performance.now();
	let more = true;
	const take = (chunk: Buffer) => {
		lastAt = performance.now();
		for (const sink of sinks) sink.push(chunk);
		// Whoever read has left: the command learns of it as it would without us, by SIGPIPE.
		if (!writeAll(to, chunk)) source.destroy();
	};
	const source: Readable = typeof from === "number" ? pipeReader(from, take) : from.on("data", take);
	// A reset is an end.
	source.on("error", () => undefined);
	const over = new Promise<void>((resolve) => {
		source.once("close", () => {
			more = false;
			resolve();
		});
	});
	return async () => {
		lastAt = performance.now();
		while (more && performance.now() - lastAt < quietMs) await within(over, 50);
		if (more) source.destroy();
	};
}

/** Reads into one buffer again and again: a gigabyte must not become as much garbage. */
function pipeReader(fd: number, take: (chunk: Buffer) => void): Socket {
	const callback = (length: number, chunk: Uint8Array) => {
		take(Buffer.from(chunk.buffer, chunk.byteOffset, length));
		return true;
	};
	const onread = { buffer: Buffer.allocUnsafe(chunkBytes), callback };
	return new Socket({ fd, readable: true, writable: false, onread }).resume();
}

/** False when nobody reads there any more. Node's own streams would make the descriptor non-blocking, for the command too. */
export function writeAll(fd: 1 | 2, chunk: Buffer): boolean {
	for (let from = 0; from < chunk.length; ) {
		try {
			from += writeSync(fd, chunk, from);
		} catch (error) {
			if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return false;
			// Somebody else made it non-blocking.
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
		}
	}
	return true;
}

/** No timer stays behind: it would hold up our own end. */
function within(work: Promise<void>, ms: number): Promise<void> {
	return new Promise((resolve) => {
		const timer = setTimeout(resolve, ms);
		void work.then(() => {
			clearTimeout(timer);
			resolve();
		});
	});
}
