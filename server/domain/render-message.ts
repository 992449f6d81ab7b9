import type { EventDetails, EventType } from "../../src/contract/events.ts";
import type { Action, Message, MessageStyle } from "../channels/channel.ts";
import { clockWords } from "./clock-words.ts";
import { eventWords } from "./event-words.ts";
import { fillTemplate } from "./fill-template.ts";
import { type Alphabet, costOf, cutToCost } from "./fit-text.ts";
import { foreignShare, toGsm7 } from "./gsm7.ts";
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

/** A message in parts: the frame is never cut, the title and the text are. */
interface Draft {
	/** Around the title: `(b) Claude: "` and `"`. */
	before: string;
	title: string;
	after: string;
	label: string;
	text: string;
	/** The user's own words after the text; never cut with it. */
	tail: string;
	log: boolean;
	foot: string;
	actions: readonly Action[];
	rings: boolean;
}

/** SMS that cannot be said in GSM 03.38 have 70 units a segment: the frame alone takes most of one, so two are taken. */
const twoUcs2Segments = 134;
/** Above this share of foreign letters a text is kept as it is, at the price of UCS-2: question marks would say nothing. */
const readableShare = 0.1;
/** What stays of a title and of a text whatever the other takes; a text gets `wishedText` before the title gets more. */
const shortest = 24;
const wishedText = 48;

/** The one place where an event or a notice becomes words, for every channel by its style. Never longer than the style's maxLength. */
export function renderMessage(content: MessageContent, style: MessageStyle, context: MessageContext = {}): Message {
	const draft = content.kind === "event" ? eventDraft(content, style) : noticeDraft(content.notice, style);
	const alphabet = alphabetFor(draft, style);
	const said = alphabet === "gsm7" ? mapDraft(draft, sayInGsm7) : draft;
	const preferred = style.charset === "gsm7" && alphabet === "unicode" ? twoUcs2Segments : style.preferredLength;
	const fitting = shorten(said, Math.min(preferred, style.maxLength), alphabet);
	const { conversation, unsubscribeToken } = context;
	return {
		...inParts(fitting, style),
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

function inParts(draft: Draft, style: MessageStyle): Pick<Message, "text" | "parts"> {
	const { before, title, after, label, text, tail, log, foot } = draft;
	const whole = assemble(draft);
	// A frame alone can be longer than what was wished for, never longer than what the provider takes.
	const cut = cutToCost(whole, style.maxLength, "unicode");
	if (cut !== whole) return { text: cut, parts: { title: "", label: "", text: cut, log: false, foot: "" } };
	return { text: whole, parts: { title: `${before}${title}${after}`, label, text: `${text}${tail}`, log, foot } };
}

const goOn: Action = { label: "Continue", reply: "continue" };

function eventDraft(content: EventContent, style: MessageStyle): Draft {
	const { type, details, handle, held } = content;
	const words = eventWords(type, details);
	const icon = style.charset === "unicode" ? `${words.icon} ` : "";
	const notes = [heldWords(type, held), droppedWords(details)].filter((note) => note !== "");
	const answerable = handle !== null && words.answerable && style.replyHint !== undefined;
	const reply = answerable ? (style.replyHint?.(handle) ?? "") : "";
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
	};
	return content.template ? inUsersWords(own, content, content.template, style) : own;
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
	const bounded = (part: string) => cutToCost(part, Math.floor(style.maxLength / 4), "unicode");
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

function noticeDraft(notice: Notice, style: MessageStyle): Draft {
	// The others are answers to what the person has just written: they know where the messages come from.
	const hint = notice.kind === "test" || notice.kind === "digest" ? (style.optOutHint ?? "") : "";
	const text = noticeWords(notice);
	const actions = noticeActions(notice);
	const frame = { before: "", title: "", after: "", label: "", tail: "", log: false };
	return { ...frame, text, foot: footer([hint]), actions, rings: notice.kind !== "seen" };
}

/** A held text needs only its letter. */
function noticeActions(notice: Notice): Action[] {
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

function alphabetFor({ title, text, label, tail }: Draft, style: MessageStyle): Alphabet {
	if (style.charset === "unicode") return "unicode";
	return [title, text, `${label}${tail}`].some((part) => foreignShare(part) > readableShare) ? "unicode" : "gsm7";
}

function mapDraft(draft: Draft, change: (part: string) => string): Draft {
	const { before, title, label, text, tail } = draft;
	const changed = { label: change(label), text: change(text), tail: change(tail) };
	return { ...draft, ...changed, before: change(before), title: change(title) };
}

/** `toGsm7` trims; a frame's own spaces stay. */
function sayInGsm7(part: string): string {
	const [, lead = "", core = "", tail = ""] = /^(\s*)([\s\S]*?)(\s*)$/.exec(part) ?? [];
	return `${lead}${toGsm7(core)}${tail}`;
}

/** Cuts the text, then the title, until the message costs no more than `budget`; both keep a readable rest even if it does not. */
function shorten(draft: Draft, budget: number, alphabet: Alphabet): Draft {
	const cost = (part: string) => costOf(part, alphabet);
	const room =
		budget - cost(`${draft.before}${draft.after}${lineBreak(draft)}${draft.label}${draft.tail}${draft.foot}`);
	if (cost(draft.title) + cost(draft.text) <= room) return draft;
	const wished = Math.min(cost(draft.text), wishedText);
	const title = cutToCost(draft.title, Math.max(shortest, room - wished), alphabet);
	const text = cutToCost(draft.text, Math.max(shortest, room - cost(title)), alphabet);
	return { ...draft, title, text };
}

/** Between the title's line and the rest; a notice has no title. */
function lineBreak({ before, title, after }: Draft): string {
	return before + title + after === "" ? "" : "\n";
}

function assemble(draft: Draft): string {
	const { before, title, after, label, text, tail, foot } = draft;
	return `${before}${title}${after}${lineBreak(draft)}${label}${text}${tail}`.trimEnd() + foot;
}
