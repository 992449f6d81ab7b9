import type { ApprovalQuestion } from "../../../src/contract/approvals.ts";
import type { Action } from "../../channels/channel.ts";
import { shownLine } from "./shown-text.ts";

/** The options of one question as buttons; several of them at once have to be typed. */
export function optionActions(
	{ options, multi_select }: ApprovalQuestion,
	{ code, question }: { code: string; question: number },
): Action[] {
	if (multi_select) return [];
	return options.map(({ label }, at) => ({
		label: shownLine(label, 40) || String(at + 1),
		reply: `${code}${question}x${at + 1}`,
	}));
}
