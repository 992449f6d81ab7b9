import { access } from "node:fs/promises";
import { join } from "node:path";
import { type Loop, type LoopOptions, startLoop } from "./loop.ts";
import { type Reply, text, toolUse } from "./mock-model.ts";
import type { ModelRequest } from "./model-request.ts";
import { startMonitored } from "./monitored.ts";
import type { ClientOptions, Tui } from "./real-client.ts";
import { until } from "./until.ts";

/** One monitored session in the real client, whose phone is asked. */
export interface AskingSession extends AsyncDisposable {
	loop: Loop;
	tui: Tui;
	/** The session's letter on the phone. */
	handle: string;
	/** Claude calls these tools after the prompt `please <end>`, and says `end` where it gets so far. */
	call(tools: Reply[], end: string, options?: { goesOn?: boolean }): Promise<void>;
	/** The same with a command; the message that asks for leave. */
	askFor(command: string, end: string, options?: { goesOn?: boolean }): Promise<string>;
	/** The first message that fits and that no call before has given. */
	newText(pattern: RegExp): Promise<string>;
	/** What Claude was told of the tools that it called before it said `end`. */
	resultsBefore(end: string): Promise<ModelRequest["toolResults"]>;
	/** Whether the folder or file is there. */
	made(name: string): Promise<boolean>;
}

export async function askingSession(options: LoopOptions, client: Partial<ClientOptions> = {}): Promise<AskingSession> {
	const loop = await startLoop(options);
	await loop.pair();
	const tui = await startMonitored(loop, "api", client);
	await tui.type("hello");
	const handle = /\((\w{1,2})\)/.exec(await loop.phone.waitFor(/Completed/))?.[1] ?? "";
	const seen = new Set<string>();
	const session: AskingSession = {
		loop,
		tui,
		handle,
		async call(tools, end, { goesOn = true } = {}) {
			loop.model.next(together(tools), ...(goesOn ? [text(end)] : []));
			await tui.type(`please ${end}`);
		},
		async askFor(command, end, more) {
			await session.call([bash(command)], end, more);
			return session.newText(new RegExp(command.replace(/[^\w ]/g, ".")));
		},
		newText: (pattern) =>
			until(
				() => {
					const found = loop.phone.texts().find((sent) => pattern.test(sent) && !seen.has(sent));
					if (found !== undefined) seen.add(found);
					return found;
				},
				20_000,
				async () => `no new text like ${pattern}:\n${loop.phone.texts().join("\n---\n")}\n${await tui.screen()}`,
			),
		async resultsBefore(end) {
			await tui.waitForScreen(new RegExp(`● ${end}`), 20_000);
			return loop.model.requests.findLast(({ toolResults }) => toolResults.length > 0)?.toolResults ?? [];
		},
		made: (name) =>
			access(join(loop.home.cwd, name)).then(
				() => true,
				() => false,
			),
		async [Symbol.asyncDispose]() {
			await tui[Symbol.asyncDispose]();
			await loop[Symbol.asyncDispose]();
		},
	};
	return session;
}

export const bash = (command: string): Reply => toolUse("Bash", { command, description: "x" });

/** All tools in one answer of the model. */
function together(tools: Reply[]): Reply {
	return { kind: "message", blocks: tools.flatMap((tool) => (tool.kind === "message" ? tool.blocks : [])) };
}
