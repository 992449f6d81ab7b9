import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";

const block = z.looseObject({
	type: z.string(),
	text: z.string().optional(),
	name: z.string().optional(),
	tool_use_id: z.string().optional(),
	is_error: z.boolean().optional(),
	content: z.unknown().optional(),
});
const message = z.looseObject({ role: z.string(), content: z.union([z.string(), z.array(block)]) });
const requestBody = z.looseObject({
	model: z.string().default(""),
	messages: z.array(message).default([]),
	tools: z.array(z.looseObject({ name: z.string() })).default([]),
});

type ModelRequestBody = z.infer<typeof requestBody>;
type Message = z.infer<typeof message>;

interface ToolResult {
	toolUseId: string;
	text: string;
	isError: boolean;
}

/** One call of the client to the model, with the parts that tests ask for. */
export interface ModelRequest {
	/** performance.now() when the request had arrived. */
	at: number;
	/** From the x-claude-code-session-id header. */
	sessionId: string;
	/** What the last user message says, without the client's own reminders and without tool results. */
	userText: string;
	/** The system messages of this turn: environment, hook additionalContext, messages that came while a tool ran. */
	context: string;
	/** Everything that the model had not seen before: all text after its own last message, tool results too. */
	newText: string;
	/** Results of the tools that the model asked for last. */
	toolResults: ToolResult[];
	/** Names of the tools whose schemas are loaded. */
	tools: string[];
	/** All messages as one text: for "never reaches the model". */
	allText: string;
	body: ModelRequestBody;
	headers: IncomingHttpHeaders;
}

export function parseModelRequest(raw: string, headers: IncomingHttpHeaders): ModelRequest {
	const body = requestBody.parse(JSON.parse(raw));
	const lastAnswer = body.messages.findLastIndex((entry) => entry.role === "assistant");
	const fresh = body.messages.slice(lastAnswer + 1);
	const lastUser = body.messages.findLast((entry) => entry.role === "user" && ownWords(entry) !== "");
	return {
		at: performance.now(),
		sessionId: String(headers["x-claude-code-session-id"] ?? ""),
		userText: lastUser === undefined ? "" : ownWords(lastUser),
		context: fresh
			.filter((entry) => entry.role === "system")
			.map(textOf)
			.join("\n\n"),
		newText: fresh.map(textOf).join("\n\n"),
		toolResults: fresh.flatMap(toolResultsOf),
		tools: body.tools.map((tool) => tool.name),
		allText: body.messages.map(textOf).join("\n\n"),
		body,
		headers,
	};
}

function textOf(entry: Message): string {
	if (typeof entry.content === "string") return entry.content;
	return entry.content.map((part) => part.text ?? plain(part.content)).join("\n");
}

/** What the client adds to a user message by itself: reminders, and a record of local commands such as /clear. */
const clientNotes = /<(system-reminder|local-command-[a-z]+|command-[a-z]+)>[\s\S]*?<\/\1>/g;

function ownWords(entry: Message): string {
	const parts = typeof entry.content === "string" ? [entry.content] : entry.content.map((part) => part.text ?? "");
	return parts
		.map((part) => part.replace(clientNotes, "").trim())
		.filter((part) => part !== "")
		.join("\n");
}

function toolResultsOf(entry: Message): ToolResult[] {
	if (typeof entry.content === "string") return [];
	return entry.content
		.filter((part) => part.type === "tool_result")
		.map((part) => ({
			toolUseId: part.tool_use_id ?? "",
			text: plain(part.content),
			isError: part.is_error === true,
		}));
}

function plain(content: unknown): string {
	if (content === undefined) return "";
	if (typeof content === "string") return content;
	const parts = z.array(block).safeParse(content);
	return parts.success ? parts.data.map((part) => part.text ?? "").join("\n") : JSON.stringify(content);
}
