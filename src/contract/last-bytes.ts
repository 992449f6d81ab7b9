/** The end of a command's output that is kept, in bytes of UTF-8. */
export const maxTail = 10_240;

/** Of a longer log only its SHA-256 and its length are kept. */
export const maxLogBytes = 10 * 1024 * 1024;

/** The last `max` bytes of a text in UTF-8, beginning at a whole character. */
export function lastBytes(value: string, max: number): string {
	const bytes = Buffer.from(value);
	if (bytes.length <= max) return value;
	let from = bytes.length - max;
	while (isContinuation(bytes[from])) from += 1;
	return bytes.toString("utf8", from);
}

const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;
