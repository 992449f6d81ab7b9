import type { Node } from "jsonc-parser";
import { expectType, insertLast, memberOf, parseSettings, propertyOf, removeChild, replaceNode } from "./json-edit.ts";

/** One hook of ours, as the agent wants it written. */
export interface HookEntry {
	event: string;
	hook: { type: "command"; command: string; timeout: number; name?: string };
}

/** The command of one of our hooks, whatever folder it leads to. */
export type IsOurs = (event: string, command: string) => boolean;

/** Where `path` stands in the settings of before; those stay, though they end up empty. */
export type WasThere = (...path: string[]) => boolean;

interface Found {
	/** The event's array of groups. */
	groups: Node;
	group: Node;
	hooks: Node;
	hook: Node;
	/** The string itself. */
	command: Node;
}

/** Adds what is missing and leads to its new place what leads elsewhere. */
export function addHooks(text: string, entries: readonly HookEntry[], comments: boolean, isOurs: IsOurs): string {
	const root = parseSettings(text, comments);
	const hooks = memberOf(root, "hooks");
	if (hooks === undefined) {
		const all = Object.fromEntries(entries.map(({ event, hook }) => [event, [{ hooks: [hook] }]]));
		return insertLast(text, root, all, "hooks");
	}
	return entries.reduce((edited, entry) => addHook(edited, entry, comments, isOurs), text);
}

function addHook(text: string, { event, hook }: HookEntry, comments: boolean, isOurs: IsOurs): string {
	const root = parseSettings(text, comments);
	const hooks = expectType(text, memberOf(root, "hooks") ?? root, "object", "hooks");
	const groups = memberOf(hooks, event);
	if (groups === undefined) return insertLast(text, hooks, [{ hooks: [hook] }], event);
	expectType(text, groups, "array", `hooks.${event}`);
	const [found, second] = ours(hooks, event, isOurs);
	if (found === undefined) return insertLast(text, groups, { hooks: [hook] });
	if (second !== undefined) {
		// A path of before and ours of now: one of them is enough.
		return addHook(withoutHook(text, second), { event, hook }, comments, isOurs);
	}
	const command = hook.command + ownOptions(String(found.command.value));
	return found.command.value === command ? text : replaceNode(text, found.command, command);
}

/** What the person has added to the command stays. */
function ownOptions(command: string): string {
	return / --cli [a-z]+( --longer-than[= ]\d{1,6}[smh]?)$/.exec(command)?.[1] ?? "";
}

/** Takes all of ours out, and what they leave empty. */
export function removeHooks(text: string, comments: boolean, isOurs: IsOurs, wasThere: WasThere): string {
	const root = parseSettings(text, comments);
	const hooks = memberOf(root, "hooks");
	if (hooks?.type !== "object") return text;
	for (const property of hooks.children ?? []) {
		const event = String(property.children?.[0]?.value);
		const [found] = ours(hooks, event, isOurs);
		if (found === undefined) continue;
		const edited = withoutEmpty(withoutHook(text, found), event, comments, wasThere);
		return removeHooks(edited, comments, isOurs, wasThere);
	}
	return text;
}

function withoutHook(text: string, { groups, group, hooks, hook }: Found): string {
	const isLast = hooks.children?.length === 1;
	return isLast ? removeChild(text, groups, group) : removeChild(text, hooks, hook);
}

function withoutEmpty(text: string, event: string, comments: boolean, wasThere: WasThere): string {
	const root = parseSettings(text, comments);
	const hooks = memberOf(root, "hooks");
	const property = hooks === undefined ? undefined : propertyOf(hooks, event);
	if (hooks === undefined || property === undefined) return text;
	if (property.children?.[1]?.children?.length !== 0 || wasThere("hooks", event)) return text;
	const whole = hooks.children?.length === 1 && !wasThere("hooks") ? propertyOf(root, "hooks") : undefined;
	return whole === undefined ? removeChild(text, hooks, property) : removeChild(text, root, whole);
}

/** Ours among the hooks of one event; what has another shape than ours is none of ours. */
function ours(hooks: Node, event: string, isOurs: IsOurs): Found[] {
	const groups = memberOf(hooks, event);
	if (groups?.type !== "array") return [];
	return (groups.children ?? []).flatMap((group) => {
		const list = group.type === "object" ? memberOf(group, "hooks") : undefined;
		if (list?.type !== "array") return [];
		return (list.children ?? []).flatMap((hook) => {
			const command = hook.type === "object" ? memberOf(hook, "command") : undefined;
			if (command?.type !== "string" || !isOurs(event, String(command.value))) return [];
			return { groups, group, hooks: list, hook, command };
		});
	});
}
