import type { ApprovalKind, ApprovalQuestion } from "../../../src/contract/approvals.ts";
import type { Action, MessageStyle } from "../../channels/channel.ts";
import { plainText, withoutMarkdown } from "../plain-text.ts";
import { optionActions } from "./option-actions.ts";
import { formText, questionText } from "./question-text.ts";
import { fitSummary, roomIn, shownFolder, shownLine } from "./shown-text.ts";

/** A request as the phone is told of it. */
export interface ApprovalAsked {
	kind: ApprovalKind;
	number: number;
	code: string;
	tool_name: string | null;
	summary: string;
	cwd: string | null;
	/** What a yes for the session allows; null where a yes counts once. */
	session_grant: string | null;
	questions: readonly ApprovalQuestion[];
	/** A yes must carry it. */
	confirm_code: string | null;
	/** Other requests of the session are open: the number has to be said. */
	others_open: boolean;
}

/** What a message about a request says; its text is never cut without a word about it. */
export interface ApprovalWords {
	icon: string;
	label: string;
	text: string;
	/** `text` is a command or a diff. */
	log: boolean;
	/** The whole request in one text, for those who have words of their own around it. */
	whole: string;
	notes: string[];
	/** How to answer by typing; "" where nobody can. */
	hint: string;
	actions: Action[];
}

export function approvalWords(asked: ApprovalAsked, handle: string, style: MessageStyle): ApprovalWords {
	if (asked.kind === "permission") return permissionWords(asked, handle, style);
	return asked.kind === "plan" ? planWords(asked, handle, style) : questionWords(asked, handle, style);
}

/** What has lines of its own begins on the next one. */
function labelBefore(label: string, text: string): string {
	if (text === "") return label;
	return `${label}:${text.includes("\n") ? "\n" : " "}`;
}

/** How the request is named on the phone: `b`, or `b #3` where several are open. */
function nameOf({ number, others_open }: ApprovalAsked, handle: string): string {
	return others_open ? `${handle} #${number}` : handle;
}

const typed = (style: MessageStyle, hint: string) => (style.replyHint === undefined ? "" : hint);

function permissionWords(asked: ApprovalAsked, handle: string, style: MessageStyle): ApprovalWords {
	const { text, missing, hidden } = fitSummary(asked.summary, style);
	const tool = shownLine(asked.tool_name ?? "", 60);
	const label = tool === "" ? "Asks for your permission" : `Wants to use ${tool}`;
	return {
		icon: "🔐",
		label: labelBefore(label, text),
		text,
		log: true,
		whole: [tool, text].filter((part) => part !== "").join(": "),
		notes: [
			asked.cwd === null ? "" : `In ${shownFolder(asked.cwd, style)}`,
			asked.session_grant === null ? "" : `For the session: ${asked.session_grant}`,
			missing === 0 ? "" : cutNote(asked.summary, missing),
			hidden ? "It holds hidden characters, which are not shown." : "",
			asked.confirm_code !== null && style.replyHint === undefined
				? "A yes needs a code, which cannot be typed here."
				: "",
		].filter((note) => note !== ""),
		hint: typed(style, permissionHint(asked, nameOf(asked, handle), style)),
		actions: permissionActions(asked, style),
	};
}

function cutNote({ length }: string, missing: number): string {
	return `This is cut: ${missing > 1 && missing < length ? `${missing} characters are` : "the rest is"} missing.`;
}

function permissionHint(
	{ confirm_code, session_grant }: ApprovalAsked,
	name: string,
	{ charset }: MessageStyle,
): string {
	// By SMS each word costs.
	const why = charset === "unicode" ? `${name} n and why` : `${name} n`;
	if (confirm_code !== null) return `Reply ${name} y ${confirm_code} to allow it, or ${why}`;
	return session_grant === null ? `Reply ${name} y or ${why}` : `Reply ${name} y, ${why} or ${name} y session`;
}

/** Where nobody can type, a yes that needs a code is not offered. */
function permissionActions({ code, confirm_code, session_grant }: ApprovalAsked, style: MessageStyle): Action[] {
	const deny = { label: "Deny", reply: `${code}n` };
	const allow = { label: "Allow", reply: `${code}y` };
	if (confirm_code !== null) return style.replyHint === undefined ? [deny] : [allow, deny];
	if (session_grant === null) return [allow, deny];
	return [allow, deny, { label: "Allow for this session", reply: `${code}s` }];
}

function planWords(asked: ApprovalAsked, handle: string, style: MessageStyle): ApprovalWords {
	const { text, missing } = fitSummary(withoutMarkdown(plainText(asked.summary)), style);
	const name = nameOf(asked, handle);
	return {
		icon: "📋",
		label: labelBefore("Has a plan", text),
		text,
		log: false,
		whole: text,
		notes: missing === 0 ? [] : [cutNote(asked.summary, missing)],
		hint: typed(style, `Reply ${name} y to go ahead, or ${name} n and what to change`),
		actions: [
			{ label: "Go ahead", reply: `${asked.code}y` },
			{ label: "Keep planning", reply: `${asked.code}n` },
		],
	};
}

function questionWords(asked: ApprovalAsked, handle: string, style: MessageStyle): ApprovalWords {
	const { questions, kind, summary, code } = asked;
	const name = nameOf(asked, handle);
	const [first, ...more] = questions;
	const lead = kind === "elicitation" ? fitSummary(summary, { ...style, maxLength: 1000 }).text : "";
	const room = roomIn(style) - lead.length;
	const form = more.length === 0 ? undefined : formText(questions, style, room);
	const alone = first === undefined ? "" : questionText(first, style, room);
	const text = [lead, form ?? alone].filter((part) => part !== "").join("\n");
	const count = questions.length;
	const decline = { label: "Decline", reply: `${code}n` };
	return {
		icon: "❓",
		label: labelBefore(
			more.length === 0 ? "Asks" : `Asks ${count} questions${form === undefined ? ", the first" : ""}`,
			text,
		),
		text,
		log: false,
		whole: text,
		notes: [],
		hint: typed(style, questionHint(questions, name, form !== undefined, kind)),
		actions: [
			...(first === undefined ? [{ label: "Accept", reply: `${code}y` }] : optionActions(first, { code, question: 1 })),
			...(kind === "elicitation" ? [decline] : []),
		],
	};
}

function questionHint(
	questions: readonly ApprovalQuestion[],
	name: string,
	whole: boolean,
	kind: ApprovalKind,
): string {
	const [first] = questions;
	if (first === undefined) return `Reply ${name} y or ${name} n`;
	const declines = kind === "elicitation" ? `, or ${name} n to decline` : "";
	if (whole) return `Reply to all (${name} 1:2 2:1) or to one at a time (${name} 2)${declines}`;
	return `${howToAnswer(first, name)}${declines}`;
}

/** How to answer one question by typing. */
export function howToAnswer({ options, multi_select }: ApprovalQuestion, name: string): string {
	if (options.length === 0) return `Reply ${name} + your answer`;
	if (multi_select)
		return `Reply ${name} and the numbers (${name} 1 ${Math.min(2, options.length)}), or ${name} + your own words`;
	const last = options.length === 1 ? "" : `${options.length === 2 ? " or" : " to"} ${name} ${options.length}`;
	return `Reply ${name} 1${last}, or ${name} + your own words`;
}
