import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { createGunzip } from "node:zlib";
import type { Context } from "hono";
import { AppError } from "../errors.ts";

/** A text somewhat above what is kept is still read for its hash; this ends everything else, compressed or not. */
export const maxLogBody = 16 * 1024 * 1024;

/**
 * The body of a request as it comes, inflated when it is gzip. Never more than a few pieces are in memory, whatever the client sends.
 * Throws AppError `payload_too_large` as soon as too much has come, `invalid_request` for what is no gzip.
 */
export async function* logBody(c: Context): AsyncGenerator<Uint8Array> {
	const { body } = c.req.raw;
	const encoding = c.req.header("content-encoding")?.toLowerCase() ?? "identity";
	if (encoding !== "identity" && encoding !== "gzip") {
		throw new AppError("invalid_request", "Content-Encoding: must be gzip, or left out");
	}
	if (body === null) return;
	const sent = bounded(Readable.fromWeb(body as ReadableStream<Uint8Array>));
	yield* encoding === "gzip" ? bounded(inflated(sent)) : sent;
}

async function* bounded(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	let bytes = 0;
	for await (const chunk of chunks) {
		bytes += chunk.length;
		if (bytes > maxLogBody) {
			throw new AppError(
				"payload_too_large",
				`A log of more than ${maxLogBody} bytes is not read. Send its length and SHA-256 to /log/digest instead.`,
			);
		}
		yield chunk;
	}
}

async function* inflated(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
	const gunzip = createGunzip();
	const source = Readable.from(chunks, { objectMode: false });
	source.once("error", (error) => gunzip.destroy(error));
	try {
		yield* source.pipe(gunzip);
	} catch (error) {
		if (error instanceof Error && "code" in error && /^Z_/.test(String(error.code))) {
			throw new AppError("invalid_request", "The body is not gzip, though Content-Encoding says so.");
		}
		throw error;
	} finally {
		source.destroy();
		gunzip.destroy();
	}
}
