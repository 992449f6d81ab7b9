import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { plainText } from "../plain-text.ts";
import { eventsOf } from "./agent-events.ts";
import { type AgentMachine, hookCommand, type Place, type TargetName } from "./targets.ts";

/** A program that an agent would run. Without `args` its shell gets the command as it is. */
export interface Tried {
	command: string;
	args?: string[];
	/** Written to its stdin. */
	input: string;
	/** What is wrong with its answer; undefined where it is right. */
	judge: (stdout: string) => string | undefined;
	/** It is right as soon as `judge` says so; else it has to end with 0. */
	staysUp?: true;
}

export interface GateOptions {
	machine: AgentMachine;
	place: Place;
	/** For each of them, in milliseconds. */
	limitMs: number;
}

/** Runs each hook of a target once, as the agent would. What is wrong, in words for the person; undefined where all is well. */
export async function tryHooks(
	name: TargetName,
	{ machine, place, limitMs }: GateOptions,
): Promise<string | undefined> {
	// An event without a session is told to nobody; the companion speaks to no server without a login.
	const home = mkdtempSync(join(tmpdir(), "claude-notify-"));
	const env = { ...withoutSession(machine.env), CLAUDE_NOTIFY_HOME: home, CLAUDE_PLUGIN_ROOT: place.stable };
	try {
		for (const tried of name === "claude" ? pluginPrograms(place.stable) : hookPrograms(name, place)) {
			const problem = await tryOne(tried, { env, cwd: home, limitMs });
			if (problem !== undefined) return `${[tried.command, ...(tried.args ?? [])].join(" ")}\n${problem}`;
		}
		return undefined;
	} finally {
		rmSync(home, { recursive: true, force: true, maxRetries: 5 });
	}
}

const silent = (stdout: string) => (stdout === "" ? undefined : "It wrote to stdout, which agents take for orders.");

function hookPrograms(name: Exclude<TargetName, "claude">, place: Place): Tried[] {
	return eventsOf(name).map((event) => ({ command: hookCommand(name, event, place), input: "{}", judge: silent }));
}

const hooksFile = z.object({
	hooks: z.record(z.string(), z.array(z.object({ hooks: z.array(z.looseObject({ type: z.string() })) }))),
});
const commandHook = z.object({ type: z.literal("command"), command: z.string(), args: z.array(z.string()).optional() });
const servers = z.object({
	mcpServers: z.record(z.string(), z.object({ command: z.string(), args: z.array(z.string()) })),
});

/** What Claude Code starts of the plugin: the hooks that are programs, and the companion. */
function pluginPrograms(stable: string): Tried[] {
	const expand = (word: string) => word.replaceAll("${CLAUDE_PLUGIN_ROOT}", stable);
	const { hooks } = hooksFile.parse(readJson(join(stable, "hooks/hooks.json")));
	const all = Object.values(hooks).flatMap((groups) => groups.flatMap((group) => group.hooks));
	const commands = all.flatMap((hook): Tried[] => {
		const read = commandHook.safeParse(hook);
		if (!read.success) return [];
		const { command, args } = read.data;
		const words = args === undefined ? {} : { args: args.map(expand) };
		return [{ command: expand(command), ...words, input: "{}", judge: silent }];
	});
	const { mcpServers } = servers.parse(readJson(join(stable, ".mcp.json")));
	const companions = Object.values(mcpServers).map(
		({ command, args }): Tried => ({
			command: expand(command),
			args: args.map(expand),
			input: mcpQuestions,
			judge: (stdout) => (listsTools(stdout) ? undefined : "It did not list its tools."),
			staysUp: true,
		}),
	);
	return [...commands, ...companions];
}

/** The names of the events that the plugin asks Claude Code for. */
export function pluginEvents(folder: string): string[] {
	return Object.keys(hooksFile.parse(readJson(join(folder, "hooks/hooks.json"))).hooks);
}

const mcpQuestions = [
	{
		id: 1,
		method: "initialize",
		params: {
			protocolVersion: "2025-11-25",
			capabilities: {},
			clientInfo: { name: "claude-notify-install", version: "1" },
		},
	},
	{ method: "notifications/initialized" },
	{ id: 2, method: "tools/list" },
]
	.map((message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
	.join("");

const toolList = z.object({ id: z.literal(2), result: z.object({ tools: z.array(z.unknown()).min(1) }) });

function listsTools(stdout: string): boolean {
	return stdout.split("\n").some((line) => {
		try {
			return toolList.safeParse(JSON.parse(line)).success;
		} catch {
			return false;
		}
	});
}

interface TryOptions {
	env: Record<string, string | undefined>;
	cwd: string;
	limitMs: number;
}

async function tryOne(
	{ command, args, input, judge, staysUp }: Tried,
	options: TryOptions,
): Promise<string | undefined> {
	const { env, cwd, limitMs } = options;
	// A group of its own, so that nothing of it is left.
	const child = spawn(command, args ?? [], { env, cwd, shell: args === undefined, detached: true, windowsHide: true });
	let [stdout, stderr] = ["", ""];
	const ended = new Promise<string | undefined>((resolve) => {
		const timer = setTimeout(() => resolve(`It took longer than ${limitMs / 1000} seconds.`), limitMs);
		const end = (problem: string | undefined) => {
			clearTimeout(timer);
			resolve(problem);
		};
		child.stdout.setEncoding("utf8").on("data", (text: string) => {
			stdout += text;
			if (staysUp && judge(stdout) === undefined) end(undefined);
		});
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			stderr = (stderr + text).slice(-1500);
		});
		child.once("error", (error) => end(`It could not be started: ${error.message}`));
		child.once("close", (code, signal) => {
			end(code === 0 ? judge(stdout) : `It ended with ${code ?? signal}.`);
		});
	});
	// A program that does not read its input may be gone before it came.
	child.stdin.on("error", () => undefined).write(input);
	if (!staysUp) child.stdin.end();
	const problem = await ended;
	endGroup(child);
	return problem === undefined || stderr.trim() === "" ? problem : `${problem}\n${plainText(stderr).trim()}`;
}

function endGroup({ pid }: ChildProcess): void {
	try {
		if (pid !== undefined) process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
	} catch {
		// It has ended by itself.
	}
}

/** This program may itself be run by a session, which the hooks must not take for theirs. */
function withoutSession(env: AgentMachine["env"]): Record<string, string | undefined> {
	return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(CLAUDE|GEMINI)_/.test(name)));
}

function readJson(path: string): unknown {
	return JSON.parse(readFileSync(path, "utf8"));
}
