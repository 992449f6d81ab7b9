import { createConnection } from "node:net";

/** The session's own inbox: a Unix socket, or a named pipe on Windows, that its client listens on. */
export interface MessagingSocket {
	path: string;
	token: string | undefined;
}

/** Puts a text in line for the session. Resolves once the client has read it; that is no proof that the session took it. */
export async function writeToSession({ path, token }: MessagingSocket, text: string, timeoutMs = 2000): Promise<void> {
	const lines: object[] = [{ type: "user", message: { role: "user", content: text } }];
	if (token !== undefined) lines.unshift({ type: "auth", token });
	await new Promise<void>((resolve, reject) => {
		const connection = createConnection(path);
		const timer = setTimeout(() => connection.destroy(new Error("the session's inbox does not answer")), timeoutMs);
		connection.once("connect", () => connection.end(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
		// Nothing is ever answered; reading is what makes the other side's end arrive.
		connection.resume();
		connection.once("error", reject);
		connection.once("close", () => {
			clearTimeout(timer);
			resolve();
		});
	});
}
