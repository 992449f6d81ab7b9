import type { ApprovalDecision, ApprovalKind, ApprovalQuestion } from "../contract/approvals.ts";

/** What Claude waits for, as a hook tells it. */
export interface ApprovalRequest {
	kind: ApprovalKind;
	toolName: string;
	/** SHA-256 of the tool's name and its whole input, in hex. */
	hash: string;
	summary: string;
	questions: ApprovalQuestion[];
	/** What a yes for the rest of the session allows, in words; undefined where there is no such yes. */
	sessionGrant?: string | undefined;
	cwd: string;
	/** The subagent that asks; "" for the session itself. */
	agentId: string;
	/** The client shows its own dialog only when the hook has answered: so for subagents and for MCP servers' forms. */
	holdsDialog: boolean;
}

/** A tool that has run, by itself or because somebody allowed it. */
export interface ToolRun {
	toolName: string;
	hash: string;
	agentId: string;
}

/** The phone's side of what Claude waits for; the dialog at the terminal stays as it is. */
export interface ApprovalDesk {
	/**
	 * Asks the phone, and turns its decision into the hook's answer; `apply` says undefined when it cannot be used.
	 * Undefined when the phone said nothing in time, the terminal was first, or nobody can be asked. Never throws.
	 */
	ask<T>(
		request: ApprovalRequest,
		call: AbortSignal,
		apply: (decision: ApprovalDecision) => T | undefined,
	): Promise<T | undefined>;
	/** Called after each tool; `run` is worked out only while something is open. */
	toolRan(run: () => ToolRun): void;
	/** All tools that were called together are through: whoever asked for them has its answers. */
	batchEnded(agentId: string): void;
	turnEnded(agentId: string): void;
}
