import type { EventDetails, EventType } from "../../src/contract/events.ts";
import type { Action, Message, MessageStyle } from "../channels/channel.ts";
import { type ApprovalAsked, approvalWords } from "./approvals/approval-words.ts";
import { approvalNoticeActions } from "./approvals/notice-words.ts";
import { clockWords } from "./clock-words.ts";
import { type Draft, fitDraft } from "./draft.ts";
import { eventWords } from "./event-words.ts";
import { fillTemplate } from "./fill-template.ts";
import { cutToCost } from "./fit-text.ts";
import type { Notice } from "./notice.ts";
import { noticeWords } from "./notice-words.ts";
import { plainLine } from "./plain-text.ts";

/** Messages of the same type that the rate limit held back before this one. */
export interface HeldBack {
	count: number;
	since: Date;
	/** When this message's event was accepted, and the user's IANA zone: how `since` is best said. */
	now: Date;
	timeZone: string;
}

export interface EventContent {
	kind: "event";
	type: EventType;
	details: EventDetails;
	description: string;
	/** Null when the session has none any more: nobody could answer. */
	handle: string | null;
	held: HeldBack | undefined;
	/** The user's own words for this type, with variables (`src/contract/templates.ts`). */
	template?: string | null;
	/** What the event asks for, where a phone can answer it. */
	approval?: ApprovalAsked | null;
}

export type MessageContent = EventContent | { kind: "notice"; notice: Notice };

/** A message that is nothing but its words. */
export function plainMessage(text: string): Message {
	return { text, parts: { title: "", label: "", text, log: false, foot: "" }, actions: [], rings: true };
}

/** What a message hangs on beside its words. */
export interface MessageContext {
	/** The session that it is about, and the token that makes an answer to it one for that session. */
	conversation?: { id: string; replyToken: string } | undefined;
	unsubscribeToken?: string | undefined;
}

/** The one place where an event or a notice becomes words, for every channel by its style. Never longer than the style's maxLength. */
export function renderMessage(content: MessageContent, style: MessageStyle, context: MessageContext = {}): Message {
	const draft = content.kind === "event" ? eventDraft(content, style) : noticeDraft(content.notice, style);
	const { conversation, unsubscribeToken } = context;
	return {
		...fitDraft(draft, style),
		actions: draft.actions,
		rings: draft.rings,
		conversation: conversation && { ...conversation, title: conversationTitle(content) },
		unsubscribeToken,
	};
}

/** The same for all messages of a session: mail programs keep together what has the same subject. */
function conversationTitle(content: MessageContent): string {
	if (content.kind === "notice") return "claude-notify";
	const title = plainLine(content.description);
	return content.handle === null ? title : `(${content.handle}) ${title}`;
}

const goOn: Action = { label: "Continue", reply: "continue" };

function eventDraft(content: EventContent, style: MessageStyle): Draft {
	if (content.approval && content.handle !== null) return askingDraft(content, content.approval, content.handle, style);
	const { type, details, handle, held } = content;
	const words = eventWords(type, details);
	const icon = style.charset === "unicode" ? `${words.icon} ` : "";
	const notes = [heldWords(type, held), droppedWords(details)].filter((note) => note !== "");
	const reply = handle !== null && words.answerable ? (style.replyHint?.(handle) ?? "") : "";
	const own: Draft = {
		...(words.byCommand
			? { before: icon, after: "" }
			: { before: `${icon}${handle === null ? "" : `(${handle}) `}Claude: "`, after: '"' }),
		title: plainLine(content.description),
		label: words.label,
		text: style.charset === "gsm7" ? words.text.replace(/\n+/g, "\n") : words.text,
		tail: "",
		log: words.log,
		foot: [...notes.map((note) => `\n${note}`), footer([reply, style.optOutHint ?? ""])].join(""),
		actions: handle !== null && words.continuable ? [goOn] : [],
		rings: type !== "progress",
		exact: false,
	};
	return content.template ? inUsersWords(own, content, content.template, style) : own;
}

/** A request, in the user's words too: all of it is said whatever these are. */
function askingDraft(content: EventContent, asked: ApprovalAsked, handle: string, style: MessageStyle): Draft {
	const words = approvalWords(asked, handle, style);
	const icon = style.charset === "unicode" ? `${words.icon} ` : "";
	const notes = [...words.notes, heldWords(content.type, content.held)].filter((note) => note !== "");
	const own: Draft = {
		before: `${icon}(${handle}) Claude: "`,
		title: plainLine(content.description),
		after: '"',
		label: words.label,
		text: words.text,
		tail: "",
		log: words.log,
		foot: [...notes.map((note) => `\n${note}`), footer([words.hint, style.optOutHint ?? ""])].join(""),
		actions: words.actions,
		rings: true,
		exact: true,
	};
	if (!content.template) return own;
	const inWords = inUsersWords({ ...own, text: words.whole }, content, content.template, style);
	const label = inWords.text === "" ? `${inWords.label}\n` : inWords.label;
	return { ...inWords, label, text: words.whole };
}

/** The message in the user's words instead of ours. What the law and an answer need stays at its foot. */
function inUsersWords(own: Draft, content: EventContent, template: string, style: MessageStyle): Draft {
	const icon = style.charset === "unicode" ? eventWords(content.type, content.details).icon : "";
	const { head, hasText, tail } = fillTemplate(template, {
		icon,
		title: `${own.before.slice(icon === "" ? 0 : icon.length + 1)}${own.title}${own.after}`,
		description: own.title,
		handle: content.handle ?? "",
		session: conversationTitle(content),
		label: own.label.trim(),
		event: content.type,
	});
	const text = hasText ? own.text : "";
	if (`${head}${text}${tail}`.trim() === "") return own;
	// Variables can make a long text of a short template; the foot must always have its place.
	const most = own.exact ? 100 : Math.floor(style.maxLength / 4);
	const bounded = (part: string) => cutToCost(part, most, "unicode");
	const label = bounded(head.trimStart());
	return {
		...own,
		before: "",
		title: "",
		after: "",
		label: `${text}${tail}` === "" ? label.trimEnd() : label,
		text,
		tail: bounded(tail.trimEnd()),
		log: own.log && tail === "",
	};
}

/** Cut in the middle these would name the first sessions only. */
const lists: ReadonlySet<string> = new Set<Notice["kind"]>(["confirm_all", "sent_to_all", "session_state", "sessions"]);

function noticeDraft(notice: Notice, style: MessageStyle): Draft {
	// The others are answers to what the person has just written: they know where the messages come from.
	const hint = notice.kind === "test" || notice.kind === "digest" ? (style.optOutHint ?? "") : "";
	const text = noticeWords(notice);
	const actions = noticeActions(notice);
	const frame = { before: "", title: "", after: "", label: "", tail: "", log: false, exact: lists.has(notice.kind) };
	return { ...frame, text, foot: footer([hint]), actions, rings: notice.kind !== "seen" };
}

/** A held text needs only its letter. */
function noticeActions(notice: Notice): Action[] {
	if (notice.kind === "approval") return approvalNoticeActions(notice);
	if (notice.kind === "session_ended" && notice.resume?.live === true) return [{ label: "Resume", reply: "resume" }];
	if (notice.kind !== "which_session" || notice.held !== true) return [];
	return notice.choices.map(({ handle, description }) => ({
		label: cutToCost(`${handle}: ${plainLine(description)}`, 40, "unicode"),
		reply: handle,
	}));
}

function footer(sentences: string[]): string {
	const said = sentences.filter((sentence) => sentence !== "").join(". ");
	return said === "" ? "" : `\n\n${said}`;
}

function heldWords(type: EventType, held: HeldBack | undefined): string {
	if (held === undefined) return "";
	const { count, since, now, timeZone } = held;
	const what = type === "error" ? `error${count === 1 ? "" : "s"}` : "more";
	return `+${count} ${what} since ${clockWords(since, { now, timeZone })}`;
}

function droppedWords({ dropped }: EventDetails): string {
	return dropped === undefined ? "" : `${dropped} earlier ones were lost while the server was away`;
}
