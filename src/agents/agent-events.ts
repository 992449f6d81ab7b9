import { cutText } from "../contract/cut-text.ts";
import { maskSecrets } from "../contract/mask-secrets.ts";
import { plainText } from "../plain-text.ts";

/** What the hook of another agent gets on stdin: its own words, with nothing certain in them. */
export type HookInput = Readonly<Record<string, unknown>>;

/** What an event means. `key`: what is told once in a turn; `waits`: the agent does nothing until somebody comes. */
export type AgentEvent =
	| { kind: "session-start" | "session-end" | "nothing" }
	| { kind: "turn-start"; turn: string }
	| { kind: "tell"; key: string; text: string; turn: string; waits: boolean };

type Reader = (input: HookInput) => AgentEvent;

/** Of a text that may be a megabyte, what is looked at. */
const maxRead = 16_384;
const maxText = 500;

const nothing: AgentEvent = { kind: "nothing" };

/** The events that we ask each agent for, by the names that it gives them; their shapes were captured from codex 0.169 and gemini-cli 0.61. */
const readers = {
	codex: {
		SessionStart: () => ({ kind: "session-start" }),
		UserPromptSubmit: onPrompt,
		PermissionRequest: (input) => onPermission(input, word(input, "tool_name"), commandOf(input["tool_input"])),
		PostModelRequest: onModelAnswer,
		Stop: (input) => onTurnEnd(input, word(input, "last_assistant_message")),
		SessionEnd: () => ({ kind: "session-end" }),
	},
	gemini: {
		BeforeAgent: onPrompt,
		Notification: onNotification,
		AfterAgent: (input) => onTurnEnd(input, word(input, "prompt_response")),
		SessionEnd: () => ({ kind: "session-end" }),
	},
} as const satisfies Record<string, Record<string, Reader>>;

export type HookedAgent = keyof typeof readers;

export const hookedAgents = ["codex", "gemini"] as const satisfies HookedAgent[];

export function isHookedAgent(name: string): name is HookedAgent {
	return hookedAgents.some((each) => each === name);
}

/** The names of the hook events that we ask this agent for. */
export function eventsOf(agent: HookedAgent): string[] {
	return Object.keys(readers[agent]);
}

/** Undefined for an event that is none of ours. */
export function readEvent(agent: HookedAgent, event: string, input: HookInput): AgentEvent | undefined {
	const known: Readonly<Record<string, Reader>> = readers[agent];
	return Object.hasOwn(known, event) ? known[event]?.(input) : undefined;
}

/** After each answer of a tool some agents report a prompt without words. */
function onPrompt(input: HookInput): AgentEvent {
	return word(input, "prompt").trim() === "" ? nothing : { kind: "turn-start", turn: word(input, "turn_id") };
}

/** A turn that another hook has sent on ends twice, and was told. */
function onTurnEnd(input: HookInput, said: string): AgentEvent {
	if (input["stop_hook_active"] === true) return nothing;
	const text = shown(said);
	return tell(input, "done", { text: text === "" ? "Done." : `Done: ${text}` });
}

function onModelAnswer(input: HookInput): AgentEvent {
	if (input["status"] !== "failed") return nothing;
	return tell(input, "failed", { text: `Failed: ${oneLine(word(input, "error")) || "the model gave no answer"}` });
}

function onPermission(input: HookInput, tool: string, command: string): AgentEvent {
	const what = [oneLine(tool) || "a tool", oneLine(command)].filter((part) => part !== "").join(": ");
	const text = `Permission needed at the computer: ${what}`;
	return tell(input, text, { text, waits: true });
}

function onNotification(input: HookInput): AgentEvent {
	if (input["notification_type"] !== "ToolPermission") return nothing;
	const details = record(input["details"]);
	const tool = word(details, "toolName") || toolOf[word(details, "type")] || word(details, "title");
	return onPermission(input, tool || word(input, "message"), commandOf(details) || word(details, "fileName"));
}

/** Gemini names the dialog instead of the tool. */
const toolOf: Readonly<Record<string, string>> = { exec: "Shell", edit: "Edit" };

function tell(input: HookInput, key: string, { text, waits = false }: { text: string; waits?: boolean }): AgentEvent {
	const turn = word(input, "turn_id");
	return { kind: "tell", key: cutText(key, maxText), text: cutText(text, maxText), turn, waits };
}

function commandOf(input: unknown): string {
	const { command } = record(input);
	if (Array.isArray(command)) return command.filter((part) => typeof part === "string").join(" ");
	return typeof command === "string" ? command : "";
}

function word(input: HookInput, name: string): string {
	const value = input[name];
	return typeof value === "string" ? value : "";
}

function record(value: unknown): HookInput {
	return typeof value === "object" && value !== null ? { ...value } : {};
}

/** What an agent wrote, as a phone may see it. */
function shown(text: string): string {
	return maskSecrets(plainText(cutText(text, maxRead))).trim();
}

function oneLine(text: string): string {
	return shown(text).replace(/\s+/g, " ");
}
