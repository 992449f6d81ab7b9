import type { EventDetails, EventType } from "../../src/contract/events.ts";
import type { HookTools } from "../../src/handlers/tools.ts";
import type { ErrorFilter } from "../../src/settings.ts";

export interface HookRig {
	tools: HookTools;
	/** What the handler did with the session, in order. */
	did: string[];
	reported: { type: EventType; details: EventDetails }[];
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
}

/** A monitored session that writes down what a handler does with it. */
export function hookRig({ errors = "blocking", waiting = [], onPrompt, standing = [] }: HookRigOptions = {}): HookRig {
	const did: string[] = [];
	const reported: HookRig["reported"] = [];
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
		},
	};
	const runCommand = (name: string, args: string) =>
		name === "notify:start" ? Promise.resolve(`started ${args}`) : undefined;
	return { tools: { session, errors, runCommand }, did, reported, doing: () => session.doing };
}

/** The same outside a monitored session. */
export function unmonitored(): HookTools {
	return { ...hookRig().tools, session: undefined };
}
