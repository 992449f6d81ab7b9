import type { ConfirmList } from "../../../src/contract/setting-values.ts";
import { destructiveRules } from "./destructive-rules.ts";
import { baseName, type SimpleCommand, simpleCommands } from "./shell-words.ts";

/** Tools that change or read files in the project and run nothing: what stands in a file is not run by it. */
const fileTools = /^(Edit|MultiEdit|Write|NotebookEdit|Read|NotebookRead|Glob|Grep|LS|WebFetch|WebSearch|TodoWrite)$/;

export function isFileTool(name: string | null | undefined): boolean {
	return fileTools.test(name ?? "");
}

/** Why what a tool is to do needs its code: the rule's name, or undefined. A tool that nobody knows is judged like a shell. */
export function destructiveIn(
	{ tool_name, summary }: { tool_name?: string | null | undefined; summary: string },
	list: ConfirmList,
): string | undefined {
	if (list.off || isFileTool(tool_name)) return undefined;
	const commands = simpleCommands(summary);
	const rule = destructiveRules.find(
		({ name, command, text }) =>
			!list.without.includes(name) &&
			((text?.test(summary) ?? false) || commands.some((each) => command?.(each) ?? false)),
	);
	return rule?.name ?? list.added.find((words) => commands.some((command) => holds(command, words)))?.join(" ");
}

function holds({ words }: SimpleCommand, wanted: readonly string[]): boolean {
	const given = words.map((word) => [word.toLowerCase(), baseName(word).toLowerCase()]);
	let from = 0;
	for (const word of wanted) {
		const at = given.findIndex((forms, index) => index >= from && forms.includes(word.toLowerCase()));
		if (at === -1) return false;
		from = at + 1;
	}
	return wanted.length > 0;
}
