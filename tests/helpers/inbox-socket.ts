import { createServer } from "node:net";
import { join } from "node:path";

/** Takes what a session's own inbox takes: an auth line, then a message, and no answer. */
export interface InboxSocket extends AsyncDisposable {
	socket: { path: string; token: string };
	/** Texts that were put in line. */
	texts: string[];
}

export async function startInboxSocket(folder: string): Promise<InboxSocket> {
	const texts: string[] = [];
	const path = join(folder, "inbox.sock");
	const token = "inbox-token";
	const server = createServer((connection) => {
		let received = "";
		connection.setEncoding("utf8");
		connection.on("data", (chunk) => {
			received += chunk;
		});
		connection.on("error", () => undefined);
		connection.on("end", () => {
			const [auth, message] = received
				.trim()
				.split("\n")
				.map((line) => Object(JSON.parse(line)));
			if (auth?.type === "auth" && auth.token === token) texts.push(message.message.content);
			connection.end();
		});
	});
	await new Promise<void>((listening) => server.listen(path, listening));
	return {
		socket: { path, token },
		texts,
		[Symbol.asyncDispose]: () => new Promise((closed) => void server.close(() => closed())),
	};
}
