import { closeSync, openSync, readSync } from "node:fs";

/** Of the kernel itself: loading node:crypto costs a quarter of the start of a process that does little else. */
export function randomBytes(length: number): Buffer {
	const bytes = Buffer.alloc(length);
	try {
		const source = openSync("/dev/urandom", "r");
		try {
			if (readSync(source, bytes) === length) return bytes;
		} finally {
			closeSync(source);
		}
	} catch {
		// Windows has no such file.
	}
	return crypto.getRandomValues(bytes);
}
