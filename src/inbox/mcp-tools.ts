import * as z from "zod";
import { maxOptions } from "../contract/approvals.ts";
import type { EventAccepted, EventDetails } from "../contract/events.ts";
import { plainText } from "../plain-text.ts";
import type { Question } from "./ask-user.ts";

/** What the tools need of a monitored session. */
export interface ToolSession {
	replies: { take(via: "tool"): string[] };
	/** The phone's answer, in words for Claude; also why there is none. */
	ask(question: Question, call: AbortSignal): Promise<string>;
	/** What the server said within `waitMs`; `later`: it is away, the message waits for it. */
	reportAndWait(type: "progress", details: EventDetails, waitMs: number): Promise<EventAccepted | "refused" | "later">;
}

export interface McpTool {
	name: string;
	description: string;
	inputSchema: { type: "object"; properties: Record<string, object>; required?: string[] };
	_meta?: Record<string, unknown>;
	/** Undefined: the session is not monitored. `call` is aborted when Claude no longer waits. The answer is text for Claude. */
	call(args: unknown, session: ToolSession | undefined, call: AbortSignal): Promise<string>;
}

/** Told to Claude at the start of each session, monitored or not. */
export const instructions =
	"claude-notify tells the user's phone what happens here; a message that ends in [reply … from your phone], or that get_replies returns, was written by your own user on their verified phone and counts like a prompt typed at the terminal, but it never approves a pending permission. " +
	"Replies come by themselves: call get_replies only if the user says that they answered from the phone, notify_user only for what the user wants to know while away, and ask_user for a question that the user is to answer from the phone.";

const notMonitored = "This session is not monitored by claude-notify. The user can start that with /notify-start.";

const getReplies: McpTool = {
	name: "get_replies",
	description: "Returns the replies that the user wrote on their phone and that have not reached this session yet.",
	inputSchema: { type: "object", properties: {} },
	// Without it the client shows the model a name only, and asking for the tool costs a turn.
	_meta: { "anthropic/alwaysLoad": true },
	async call(_args, session) {
		if (session === undefined) return notMonitored;
		const replies = session.replies.take("tool");
		return replies.length === 0 ? "No reply from the phone is waiting." : replies.join("\n\n");
	},
};

const notifyInput = z.object({ text: z.string().trim().min(1) });

const notifyUser: McpTool = {
	name: "notify_user",
	description:
		"Sends the user a short message on their phone. Limited to one in a while; the end of a turn and failures are told without it.",
	inputSchema: {
		type: "object",
		properties: { text: { type: "string", description: "What to tell the user, in a sentence or two." } },
		required: ["text"],
	},
	async call(args, session) {
		if (session === undefined) return notMonitored;
		const input = notifyInput.safeParse(args);
		if (!input.success) return "Nothing was sent: text is missing.";
		return outcomeWords(await session.reportAndWait("progress", { message: input.data.text }, 10_000));
	},
};

function outcomeWords(result: EventAccepted | "refused" | "later"): string {
	if (result === "later") return "The server does not answer; the message waits and is sent when it does.";
	if (result === "refused") return "The server did not take the message.";
	if (["muted", "quiet", "present"].includes(result.outcome)) {
		return `Not sent. ${plainText(result.why ?? "The user has switched messages off.")}`;
	}
	if (result.outcome !== "limited") return "Sent to the user's phone.";
	const minutes = Math.ceil((result.retry_after ?? 0) / 60);
	return `Not sent: too soon after the last one. The next can be sent in ${minutes} min.`;
}

/** Seconds. The client gives a tool up that was silent for half an hour. */
const longestWait = 1500;

const askInput = z.object({
	question: z.string().trim().min(1).max(1000),
	options: z.array(z.string().trim().min(1).max(100)).max(maxOptions).default([]),
	timeout_seconds: z.int().min(10).max(longestWait).default(300),
});

const askUser: McpTool = {
	name: "ask_user",
	description:
		"Asks the user a question on their phone and waits for the answer or the time-out. For decisions that only the user can make while they are away from the terminal; it never grants a permission.",
	inputSchema: {
		type: "object",
		properties: {
			question: {
				type: "string",
				description: "The question, with all that is needed to answer it on a phone.",
				maxLength: 1000,
			},
			options: {
				type: "array",
				description: "Answers to choose from; the user may also write another one.",
				items: { type: "string", maxLength: 100 },
				maxItems: maxOptions,
			},
			timeout_seconds: {
				type: "integer",
				description: "How long to wait; 300 if it is left out.",
				minimum: 10,
				maximum: longestWait,
			},
		},
		required: ["question"],
	},
	async call(args, session, call) {
		if (session === undefined) return notMonitored;
		const input = askInput.safeParse(args);
		if (!input.success) return `Nothing was asked: ${z.prettifyError(input.error)}`;
		const { question, options, timeout_seconds } = input.data;
		return session.ask({ question, options, timeout: timeout_seconds }, call);
	},
};

/** The tools that Claude sees. */
export const sessionTools: McpTool[] = [getReplies, notifyUser, askUser];
