import { type MuteWish, readMute } from "./mute-words.ts";

/** Which letters mean a session now, in small letters. */
export interface Letters {
	live: readonly string[];
	/** Of sessions that ended less than 24 h ago and keep their letter until then. */
	ended: readonly string[];
	/** The session that the message itself points at. Then only what that session can be asked is read out of the text. */
	pointed?: "live" | "ended" | undefined;
}

export type ReplyCommand =
	/** For the session of the letter, or for whichever it can only mean. */
	| { is: "text"; handle: string | undefined }
	/** `?` */
	| { is: "list" }
	/** `b?`, or `?` in answer to a message of the session. */
	| { is: "state"; handle: string | undefined }
	/** `all: text` */
	| { is: "all" }
	/** `all y` */
	| { is: "all_confirmed" }
	/** `b resume`, with or without a text; only where b has ended. */
	| { is: "resume"; handle: string | undefined }
	| { is: "mute"; wish: MuteWish };

export interface ParsedReply {
	command: ReplyCommand;
	/** What was taken off the front: with `text` after it, it is the whole of what came. */
	taken: string;
	text: string;
}

/** `b text`, `b: text`, `B:text`, `@b text`, `(b) text` and `b` alone. Whether the letter means a session is for the letters to say. */
const opening = /^(?:\(@?([a-z]{1,2})\):?\s*|@?([a-z]{1,2})(?::\s*|\s+|$))/i;
const question = /^(?:\(@?([a-z]{1,2})\)|@?([a-z]{1,2})):?\s*\?$/i;
const forAll = /^all:\s*/i;
const confirmed = /^all[:\s]\s*y(?:es)?$/i;
const resuming = /^resume(?::\s*|\s+|$)/i;

/**
 * What a person wrote on the phone, by the one grammar that there is. `text` is what `cleanReply` made of it.
 * It never throws and loses no character; a letter without a session is a word like any other.
 */
export function parseReply(text: string, letters: Letters): ParsedReply {
	return parseQuestion(text, letters) ?? parseMute(text, letters) ?? parseAddressed(text, letters);
}

const whole = (command: ReplyCommand, text: string): ParsedReply => ({ command, taken: text, text: "" });

function without(taken: string, text: string, command: ReplyCommand): ParsedReply {
	return { command, taken: text.slice(0, taken.length), text: text.slice(taken.length) };
}

function parseQuestion(text: string, letters: Letters): ParsedReply | undefined {
	const pointed = letters.pointed !== undefined;
	if (text === "?") return whole(pointed ? { is: "state", handle: undefined } : { is: "list" }, text);
	if (pointed) return undefined;
	const [found, bracketed, plain] = question.exec(text) ?? [];
	const handle = found === undefined ? undefined : known(bracketed ?? plain, letters);
	return handle === undefined ? undefined : whole({ is: "state", handle }, text);
}

function parseMute(text: string, { live, ended }: Letters): ParsedReply | undefined {
	const wish = readMute(text, [...live, ...ended]);
	return wish && whole({ is: "mute", wish }, text);
}

function parseAddressed(text: string, letters: Letters): ParsedReply {
	if (letters.pointed !== undefined) return parseRest("", text, undefined, letters.pointed === "ended");
	if (confirmed.test(text)) return whole({ is: "all_confirmed" }, text);
	const all = forAll.exec(text);
	if (all !== null) return without(all[0], text, { is: "all" });
	const found = opening.exec(text);
	const handle = known(found?.[1] ?? found?.[2], letters);
	if (found === null || handle === undefined) return without("", text, { is: "text", handle: undefined });
	return parseRest(found[0], text, handle, !letters.live.includes(handle));
}

/** What stands after the letter. A live session is told "resume" like any other word. */
function parseRest(taken: string, text: string, handle: string | undefined, ended: boolean): ParsedReply {
	const word = ended ? resuming.exec(text.slice(taken.length)) : null;
	if (word === null) return without(taken, text, { is: "text", handle });
	return without(taken + word[0], text, { is: "resume", handle });
}

function known(written: string | undefined, { live, ended }: Letters): string | undefined {
	const handle = written?.toLowerCase();
	return handle !== undefined && (live.includes(handle) || ended.includes(handle)) ? handle : undefined;
}
