import type { ApprovalDesk, ApprovalRequest } from "../../src/companion/approval-request.ts";
import type { ApprovalDecision } from "../../src/contract/approvals.ts";
import type { EventDetails, EventType } from "../../src/contract/events.ts";
import type { HookTools } from "../../src/handlers/tools.ts";
import type { ErrorFilter } from "../../src/settings.ts";

export interface HookRig {
	tools: HookTools;
	/** What the handler did with the session, in order. */
	did: string[];
	reported: { type: EventType; details: EventDetails }[];
	/** What the phone was asked. */
	asked: ApprovalRequest[];
	/** What was shown at the computer. */
	shown: { body: string; urgency: string }[];
	/** What the hooks said about requests that may be open. */
	settled: string[];
	doing(): string;
}

export interface HookRigOptions {
	errors?: ErrorFilter;
	/** Replies that wait for the next prompt. */
	waiting?: string[];
	/** What a prompt proves. */
	onPrompt?: (prompt: string) => { copy: boolean; context: string[] };
	/** Ids of background tasks that ran before. */
	standing?: string[];
	/** What the phone answers to every request. */
	decision?: Partial<ApprovalDecision>;
}

/** A monitored session that writes down what a handler does with it. */
export function hookRig({
	errors = "blocking",
	waiting = [],
	onPrompt,
	standing = [],
	decision,
}: HookRigOptions = {}): HookRig {
	const did: string[] = [];
	const reported: HookRig["reported"] = [];
	const asked: ApprovalRequest[] = [];
	const settled: string[] = [];
	const known = new Set(standing);
	const session = {
		doing: "idle",
		activity: () => void did.push("activity"),
		attended: () => void did.push("attended"),
		turnStarted: () => void did.push("turn started"),
		turnEnded: (outcome: string) => void did.push(`turn ended: ${outcome}`),
		idle: () => void did.push("idle"),
		newTasks: (ids: string[]) => ids.filter((id) => !known.has(id)),
		report(type: EventType, details: EventDetails) {
			did.push(`report ${type}`);
			reported.push({ type, details });
		},
		replies: {
			onPrompt: onPrompt ?? (() => ({ copy: false, context: [] })),
			take: () => waiting.splice(0),
			afterTool: () => waiting.splice(0),
		},
		approvals: desk(settled, asked, decision),
	};
	const runCommand = (name: string, args: string) =>
		name === "notify:start" ? Promise.resolve(`started ${args}`) : undefined;
	const shown: HookRig["shown"] = [];
	const showHere: HookTools["showHere"] = (note) => {
		shown.push(note);
		return {};
	};
	const tools = { session, errors, runCommand, showHere, call: new AbortController().signal };
	return { tools, did, reported, asked, shown, settled, doing: () => session.doing };
}

/** The same outside a monitored session. */
export function unmonitored(): HookTools {
	return { ...hookRig().tools, session: undefined };
}

function desk(
	settled: string[],
	asked: ApprovalRequest[],
	decision: Partial<ApprovalDecision> | undefined,
): ApprovalDesk {
	return {
		async ask(request, _call, apply) {
			asked.push(request);
			return decision === undefined ? undefined : apply({ ...allowed, ...decision });
		},
		toolRan(run) {
			const { toolName, agentId } = run();
			settled.push(`${toolName} ran in ${agentId}`);
		},
		batchEnded: (agentId) => void settled.push(`batch of ${agentId}`),
		turnEnded: (agentId) => void settled.push(`turn of ${agentId}`),
	};
}

const allowed: ApprovalDecision = {
	behavior: "allow",
	scope: "once",
	from: { channel: "sms", label: "+1***8912" },
	answered_at: "2026-11-20T14:03:00.000Z",
};
