import { text } from "node:stream/consumers";

/** Runs a command hook: one JSON object on stdin, nothing on stdout, exit code 0 whatever happens. */
export async function runCommandHook(
	stdin: NodeJS.ReadableStream,
	work: (input: Record<string, unknown>, raw: string) => void | Promise<void>,
): Promise<void> {
	try {
		const raw = await text(stdin);
		const input: unknown = JSON.parse(raw);
		if (typeof input === "object" && input !== null) await work({ ...input }, raw);
	} catch (error) {
		process.stderr.write(`claude-notify: ${error instanceof Error ? error.message : "unknown reason"}\n`);
	}
}
