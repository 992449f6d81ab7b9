import { request } from "node:http";

/** PUT of a log over a socket of its own, in the chunks that are given and with any headers, like no fetch would send it. */
export async function putLog(
	server: URL,
	id: string,
	chunks: Iterable<Uint8Array>,
	headers: Record<string, string>,
): Promise<{ status: number; body: unknown }> {
	const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: unknown }>();
	const sent = request(new URL(`/v1/tasks/${id}/log`, server), {
		method: "PUT",
		headers: { "content-type": "text/plain", ...headers },
		agent: false,
	});
	let answered = false;
	sent.on("response", (response) => {
		answered = true;
		let text = "";
		response.setEncoding("utf8").on("data", (more: string) => {
			text += more;
		});
		response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
	});
	// A server that refused closes while we still send.
	sent.on("error", (error) => (answered ? undefined : reject(error)));
	for (const chunk of chunks) {
		if (answered || sent.destroyed) break;
		if (!sent.write(chunk)) await new Promise((go) => sent.once("drain", go).once("close", go));
	}
	sent.end();
	return promise;
}
