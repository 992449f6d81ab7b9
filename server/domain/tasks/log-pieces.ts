/** So much of a log is in memory at a time, and in one row. */
const pieceBytes = 256 * 1024;

export interface Piece {
	text: Uint8Array;
	last: boolean;
}

/** The same bytes in pieces of one size; only the last is shorter, and there always is a last. */
export async function* inPieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
	let piece = Buffer.allocUnsafe(pieceBytes);
	let filled = 0;
	for await (const chunk of chunks) {
		for (let at = 0; at < chunk.length; ) {
			// A full one waits for what shows that it is not the last.
			if (filled === pieceBytes) {
				yield { text: piece, last: false };
				piece = Buffer.allocUnsafe(pieceBytes);
				filled = 0;
			}
			const part = chunk.subarray(at, at + pieceBytes - filled);
			piece.set(part, filled);
			filled += part.length;
			at += part.length;
		}
	}
	yield { text: piece.subarray(0, filled), last: true };
}
