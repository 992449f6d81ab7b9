import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { killTree } from "./processes.ts";
import { type ClientOptions, prepare } from "./real-client.ts";

/** One long-lived `claude -p --input-format stream-json`: turns without a terminal in between, for measuring. */
export interface StreamClient extends AsyncDisposable {
	/** performance.now() when the line was written. */
	send(text: string): number;
	/** Resolves with performance.now() at the "result" line that ends the turn. */
	turnEnded(): Promise<number>;
}

export async function startStream(options: ClientOptions): Promise<StreamClient> {
	const stream = ["--input-format", "stream-json", "--output-format", "stream-json", "--verbose"];
	const { command, cwd, env, leave } = await prepare({ ...options, args: [...stream, ...(options.args ?? [])] });
	const [client, ...args] = command;
	const child = spawn(client, ["-p", ...args], { cwd, env, stdio: ["pipe", "pipe", "ignore"] });
	const { pid } = child;
	if (pid === undefined) throw new Error(`could not start ${client}`);
	const waiting: ((at: number) => void)[] = [];
	createInterface({ input: child.stdout }).on("line", (line) => {
		if (line.includes('"type":"result"')) waiting.shift()?.(performance.now());
	});
	return {
		send(text) {
			const message = { type: "user", message: { role: "user", content: text } };
			child.stdin.write(`${JSON.stringify(message)}\n`);
			return performance.now();
		},
		turnEnded: () => new Promise((resolve) => waiting.push(resolve)),
		async [Symbol.asyncDispose]() {
			await killTree(pid);
			await leave();
		},
	};
}
