import { existsSync } from "node:fs";
import { join } from "node:path";
import { readHookWords } from "./agents/hook-words.ts";
import { onHook } from "./agents/on-hook.ts";
import { newId } from "./new-id.ts";
import { plainText } from "./plain-text.ts";
import type { MainOptions } from "./run-task.ts";
import { sendInBackground } from "./send-in-background.ts";
import { notifyHome } from "./state/home.ts";

const maxInput = 1_048_576;

/** `claude-notify hook`. Says nothing on stdout, which the agent would take for orders, and ends with 0 whatever happens: 2 would stop it. */
export async function runHook(words: readonly string[], options: Omit<MainOptions, "loadPty" | "loadPatterns">) {
	const { process: own, env, userHome, hostname, script } = options;
	try {
		const read = readHookWords(words);
		if (own.stdin.isTTY)
			throw new Error("it is called by the hooks of other agents; claude-notify install sets them up.");
		const input = await readInput(own.stdin);
		if (typeof read === "string") throw new Error(read);
		const home = notifyHome(env, userHome);
		if (!existsSync(join(home, "auth.json"))) return 0;
		onHook(read, input, {
			home,
			hostname,
			now: () => new Date(),
			newId,
			sendLater: () => void sendInBackground(own.execPath, script, env),
		});
	} catch (error) {
		const reason = error instanceof Error ? error.message : "unknown reason";
		own.stderr.write(`claude-notify hook: ${plainText(reason)}\n`);
	}
	return 0;
}

/** To its end, also where it is too long: whoever writes it must not find the pipe closed. */
async function readInput(stdin: NodeJS.ReadStream): Promise<Record<string, unknown>> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of stdin) {
		length += chunk.length;
		if (length <= maxInput) chunks.push(chunk);
	}
	if (length > maxInput) throw new Error("the event is larger than 1 MB and was left out.");
	let input: unknown;
	try {
		input = JSON.parse(Buffer.concat(chunks).toString("utf8"));
	} catch {
		// The engine's own message quotes what it has read.
	}
	if (typeof input !== "object" || input === null || Array.isArray(input))
		throw new Error("stdin holds no JSON object.");
	return { ...input };
}
