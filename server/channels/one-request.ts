import { type IncomingMessage, request as requestByHttp } from "node:http";
import { request as requestByHttps } from "node:https";
import { limitedAgent } from "./connect-timeout.ts";

export interface Outgoing {
	url: URL;
	method: string;
	headers: Readonly<Record<string, string>>;
	body: string | undefined;
	/** Ends it, whatever it waits for. */
	signal: AbortSignal;
	/** An answer that is longer is none of the provider's. */
	maxBytes: number;
}

export interface Answer {
	status: number;
	/** By their names in small letters. */
	headers: Record<string, string>;
	/** Undefined when it was longer than it may be: the rest was not read. */
	text: string | undefined;
}

/**
 * One request of ours to a provider: five seconds to connect (fetch has no such limit of its own), no retries, no redirects, a bounded
 * answer. Rejects when there was no whole answer.
 */
export async function oneRequest({ url, method, headers, body, signal, maxBytes }: Outgoing): Promise<Answer> {
	const request = url.protocol === "https:" ? requestByHttps : requestByHttp;
	const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
	const answer = await new Promise<IncomingMessage>((resolve, reject) => {
		request(url, { method, headers: { ...headers, ...length }, signal, agent: limitedAgent(url.protocol) }, resolve)
			.once("error", reject)
			.end(body);
	});
	return { status: answer.statusCode ?? 0, headers: single(answer), text: await boundedText(answer, maxBytes) };
}

function single({ headers }: IncomingMessage): Record<string, string> {
	return Object.fromEntries(
		Object.entries(headers).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
	);
}

async function boundedText(answer: IncomingMessage, maxBytes: number): Promise<string | undefined> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of answer as AsyncIterable<Buffer>) {
		size += chunk.byteLength;
		// Leaving the loop closes the connection.
		if (size > maxBytes) return undefined;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString("utf8");
}
