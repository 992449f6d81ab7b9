import type { EventDetails, EventType } from "../../src/contract/events.ts";
import type { Message, MessageStyle } from "../channels/channel.ts";
import { eventWords } from "./event-words.ts";
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
}

export type MessageContent = EventContent | { kind: "notice"; notice: Notice };

/** A message in parts: the frame is never cut, the title and the text are. */
interface Draft {
	/** Around the title: `(b) Claude: "` and `"`. */
	before: string;
	title: string;
	after: string;
	text: string;
	foot: string;
}

/** SMS that cannot be said in GSM 03.38 have 70 units a segment: the frame alone takes most of one, so two are taken. */
const twoUcs2Segments = 134;
/** Above this share of foreign letters a text is kept as it is, at the price of UCS-2: question marks would say nothing. */
const readableShare = 0.1;
/** What stays of a title and of a text whatever the other takes; a text gets `wishedText` before the title gets more. */
const shortest = 24;
const wishedText = 48;

/** The one place where an event or a notice becomes words, for every channel by its style. Never longer than the style's maxLength. */
export function renderMessage(content: MessageContent, style: MessageStyle): Message {
	const draft = content.kind === "event" ? eventDraft(content, style) : noticeDraft(content.notice, style);
	const alphabet = alphabetFor(draft, style);
	const said = alphabet === "gsm7" ? mapDraft(draft, sayInGsm7) : draft;
	const preferred = style.charset === "gsm7" && alphabet === "unicode" ? twoUcs2Segments : style.preferredLength;
	const text = assemble(shorten(said, Math.min(preferred, style.maxLength), alphabet));
	// A frame alone can be longer than what was wished for, never longer than what the provider takes.
	return { text: cutToCost(text, style.maxLength, "unicode") };
}

function eventDraft(content: EventContent, style: MessageStyle): Draft {
	const { type, details, handle, held } = content;
	const words = eventWords(type, details);
	const icon = style.charset === "unicode" ? `${words.icon} ` : "";
	const notes = [heldWords(type, held), droppedWords(details)].filter((note) => note !== "");
	const reply = handle !== null && words.answerable ? `Reply ${handle} + text` : "";
	return {
		before: `${icon}${handle === null ? "" : `(${handle}) `}Claude: "`,
		title: plainLine(content.description),
		after: `"\n${words.label}`,
		text: style.charset === "gsm7" ? words.text.replace(/\n+/g, "\n") : words.text,
		foot: [...notes.map((note) => `\n${note}`), footer([reply, style.optOutHint ?? ""])].join(""),
	};
}

function noticeDraft(notice: Notice, style: MessageStyle): Draft {
	// All but the test are answers to what the person has just written: they know where the messages come from.
	const hint = notice.kind === "test" ? (style.optOutHint ?? "") : "";
	return { before: "", title: "", after: "", text: noticeWords(notice), foot: footer([hint]) };
}

function footer(sentences: string[]): string {
	const said = sentences.filter((sentence) => sentence !== "").join(". ");
	return said === "" ? "" : `\n\n${said}`;
}

function heldWords(type: EventType, held: HeldBack | undefined): string {
	if (held === undefined) return "";
	const { count, since, now, timeZone } = held;
	const what = type === "error" ? `error${count === 1 ? "" : "s"}` : "more";
	const zone = timeZone === "UTC" ? " UTC" : "";
	const recent = now.getTime() - since.getTime() < 20 * 3_600_000;
	const day = recent ? {} : ({ day: "numeric", month: "short" } as const);
	const format = new Intl.DateTimeFormat("en-GB", { ...day, hour: "2-digit", minute: "2-digit", timeZone });
	return `+${count} ${what} since ${format.format(since)}${zone}`;
}

function droppedWords({ dropped }: EventDetails): string {
	return dropped === undefined ? "" : `${dropped} earlier ones were lost while the server was away`;
}

function alphabetFor({ title, text }: Draft, style: MessageStyle): Alphabet {
	if (style.charset === "unicode") return "unicode";
	return [title, text].some((part) => foreignShare(part) > readableShare) ? "unicode" : "gsm7";
}

function mapDraft(draft: Draft, change: (part: string) => string): Draft {
	return { ...draft, title: change(draft.title), text: change(draft.text), before: change(draft.before) };
}

/** `toGsm7` trims; a frame's own spaces stay. */
function sayInGsm7(part: string): string {
	const [, lead = "", core = "", tail = ""] = /^(\s*)([\s\S]*?)(\s*)$/.exec(part) ?? [];
	return `${lead}${toGsm7(core)}${tail}`;
}

/** Cuts the text, then the title, until the message costs no more than `budget`; both keep a readable rest even if it does not. */
function shorten(draft: Draft, budget: number, alphabet: Alphabet): Draft {
	const cost = (part: string) => costOf(part, alphabet);
	const room = budget - cost(draft.before) - cost(draft.after) - cost(draft.foot);
	if (cost(draft.title) + cost(draft.text) <= room) return draft;
	const wished = Math.min(cost(draft.text), wishedText);
	const title = cutToCost(draft.title, Math.max(shortest, room - wished), alphabet);
	const text = cutToCost(draft.text, Math.max(shortest, room - cost(title)), alphabet);
	return { ...draft, title, text };
}

function assemble({ before, title, after, text, foot }: Draft): string {
	return `${before}${title}${after}${text}`.trimEnd() + foot;
}
