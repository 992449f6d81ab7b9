import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { pluginFiles } from "../../.ci/build.ts";
import { AuthFile } from "../../src/state/auth.ts";
import { nodeDir } from "./processes.ts";
import { type ScriptedServer, someTokens } from "./scripted-server.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const root = resolve(import.meta.dirname, "../..");

/** Builds the plugin's bundles into a folder of the test's own. */
export async function buildInto(folder: string): Promise<string> {
	for (const [path, text] of await pluginFiles(root)) {
		const file = join(folder, "plugin", path);
		await mkdir(dirname(file), { recursive: true });
		await writeFile(file, text);
	}
	return join(folder, "plugin");
}

const toolAnswer = z.object({
	content: z.array(z.object({ type: z.literal("text"), text: z.string() })),
	isError: z.boolean().optional(),
});

const message = z.looseObject({
	id: z.number().optional(),
	result: z.unknown().optional(),
	error: z.unknown().optional(),
});

export interface CompanionProcess extends AsyncDisposable {
	pid: number;
	request(method: string, params?: object): Promise<unknown>;
	/** A call as a hook makes it; the hook's output. */
	hook(fields: Record<string, unknown>): Promise<unknown>;
	/** A call with everything that the test wants in it. */
	call(params: object): Promise<z.infer<typeof toolAnswer>>;
	/** Writes to stdin as it is. */
	write(text: string): void;
	/** What was written to stdout and is no JSON. */
	strayLines: string[];
	stderr(): string;
	kill(signal: NodeJS.Signals): void;
	closeStdin(): void;
	/** The exit code; null after a signal. */
	exited: Promise<number | null>;
}

export interface CompanionProcessOptions {
	node?: 20 | 24;
	/** Added to PATH; nothing else is inherited. */
	env?: Record<string, string>;
}

/** The companion as the client runs it: a process of its own, spoken to on stdin and stdout. */
export async function startCompanion(
	plugin: string,
	{ node = 24, env = {} }: CompanionProcessOptions = {},
): Promise<CompanionProcess> {
	const child = spawn(join(await nodeDir(node), "node"), [join(plugin, "companion.mjs")], {
		env: { PATH: process.env["PATH"] ?? "", ...env },
		stdio: ["pipe", "pipe", "pipe"],
	});
	const { pid } = child;
	if (pid === undefined) throw new Error("the companion did not start");
	const waiting = new Map<number, (answer: z.infer<typeof message>) => void>();
	const strayLines: string[] = [];
	let stderr = "";
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		stderr += text;
	});
	child.stdin.on("error", () => undefined);
	createInterface(child.stdout).on("line", (line) => {
		try {
			const answer = message.parse(JSON.parse(line));
			if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
		} catch {
			strayLines.push(line);
		}
	});
	let lastId = 0;
	const exited = once(child, "exit").then(([code]) => z.number().nullable().parse(code));
	async function request(method: string, params: object = {}): Promise<unknown> {
		const id = ++lastId;
		const answered = new Promise<z.infer<typeof message>>((resolve, reject) => {
			waiting.set(id, resolve);
			void exited.then((code) => reject(new Error(`the companion ended with ${code} before it answered:\n${stderr}`)));
		});
		child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
		const { result, error } = await answered;
		if (error !== undefined) throw new Error(JSON.stringify(error));
		return result;
	}
	const call = async (params: object) => toolAnswer.parse(await request("tools/call", params));
	return {
		pid,
		request,
		call,
		async hook(fields) {
			const { content } = await call({ name: "hook", arguments: fields });
			return JSON.parse(content[0]?.text ?? "");
		},
		write: (text) => void child.stdin.write(text),
		strayLines,
		stderr: () => stderr,
		kill: (signal) => void child.kill(signal),
		closeStdin: () => void child.stdin.end(),
		exited,
		async [Symbol.asyncDispose]() {
			child.kill("SIGKILL");
			await exited;
		},
	};
}

/** What the client says first. */
export async function initialize(companion: CompanionProcess): Promise<unknown> {
	const answer = await companion.request("initialize", {
		protocolVersion: "2025-11-25",
		capabilities: {},
		clientInfo: { name: "test", version: "1" },
	});
	companion.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
	return answer;
}

export const sessionId = "e93c2930-1707-4dd5-8a51-0d0d5c1f2a3b";
/** A hook's fields, as hooks.json passes them. */
export const hookOf = (hook_event_name: string, more: object = {}) => ({
	hook_event_name,
	session_id: sessionId,
	cwd: "/work/api",
	...more,
});
/** One of our slash commands, typed. */
export const typed = (verb: string, command_args = "") =>
	hookOf("UserPromptExpansion", { command_name: `notify:notify-${verb}`, command_args });
export const failedBash = hookOf("PostToolUseFailure", {
	tool_name: "Bash",
	error: "Exit code 3",
	is_interrupt: "false",
});

/** A machine that is paired with the server. */
export async function pairedMachine(server: ScriptedServer, leftMs = 129_600_000) {
	const home = await temporaryFolder();
	new AuthFile(home.path, () => new Date()).pair(server.url, someTokens("access-1", new Date(Date.now() + leftMs)));
	const env = { CLAUDE_NOTIFY_URL: server.url, CLAUDE_NOTIFY_HOME: home.path, HOME: home.path };
	return { home: home.path, env, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}
