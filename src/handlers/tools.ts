import type { ApprovalDesk } from "../companion/approval-request.ts";
import type { EventDetails, EventType } from "../contract/events.ts";
import type { ErrorFilter } from "../settings.ts";

/** PermissionRequest's answer; it settles what the dialog at the terminal asks. */
export type PermissionDecision =
	| { behavior: "allow"; updatedInput?: Record<string, unknown>; updatedPermissions?: object[] }
	| { behavior: "deny"; message: string };

/** What a handler answers Claude Code with; `{}` says nothing. */
export interface HookOutput {
	decision?: "block";
	/** Written to the client's terminal: a note or a bell of `terminalNote`. Claude Code drops everything else. */
	terminalSequence?: string;
	/** Shown to the user with a block. */
	reason?: string;
	hookSpecificOutput?: {
		hookEventName: string;
		additionalContext?: string;
		suppressOriginalPrompt?: boolean;
		permissionDecision?: "deny";
		permissionDecisionReason?: string;
		decision?: PermissionDecision;
		/** Elicitation's answer. */
		action?: "accept" | "decline";
		content?: Record<string, unknown>;
	};
}

/** The session that the hook comes from, while it is monitored. Nothing here waits for the network, but for `approvals.ask`. */
export interface HookSession {
	/** What it was last seen doing, in words for /notify-status. */
	doing: string;
	activity(): void;
	/** The person typed here, at the computer. */
	attended(): void;
	turnStarted(): void;
	/** `open`: nothing was sent about its end. */
	turnEnded(outcome: "done" | "failed" | "open"): void;
	/** It waits for a prompt, also after an interrupt. */
	idle(): void;
	/** Those of the running background tasks that were not running yet when the last turn ended. */
	newTasks(ids: string[]): string[];
	report(type: EventType, details: EventDetails): void;
	replies: {
		/** What the prompt proves. `copy`: it only repeats a reply that the session has had. */
		onPrompt(prompt: string): { copy: boolean; context: string[] };
		/** Replies that wait, each as data for the session; they count as seen. */
		take(via: "prompt"): string[];
		/** Those that nothing else has brought into the busy session. */
		afterTool(): string[];
	};
	approvals: ApprovalDesk;
}

export interface HookTools {
	/** Undefined outside a monitored session: then a handler does nothing. */
	session: HookSession | undefined;
	errors: ErrorFilter;
	/** Aborted when the client no longer waits for the hook's answer. */
	call: AbortSignal;
	/** Shows the person at the computer what a phone is told, where they asked for that. */
	showHere(note: { body: string; urgency: "normal" | "failed" }): HookOutput | Promise<HookOutput>;
	/** Runs one of our slash commands; undefined when there is none of this name. */
	runCommand(name: string, args: string): Promise<string> | undefined;
}

/** A pure function of what the hook says and its tools. `input` is untrusted: any shape, cut anywhere. */
export type Handler = (input: unknown, tools: HookTools) => HookOutput | Promise<HookOutput>;

/** A handler that answers from memory. */
export type QuickHandler = (input: unknown, tools: HookTools) => HookOutput;
