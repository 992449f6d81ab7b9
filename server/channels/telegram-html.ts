import type { Action, Message } from "./channel.ts";

/** The three that Telegram's HTML mode asks for, and nothing else: `&quot;` and the like are for attributes. */
const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

export function escapeHtml(text: string): string {
	return text.replace(/[&<>]/g, (character) => escapes[character] ?? character);
}

/** The message's parts as parse_mode HTML; without its tags it is `message.text`. */
export function toHtml({ parts }: Pick<Message, "parts">): string {
	const { title, label, text, log, foot } = parts;
	const head = title === "" ? "" : `<b>${escapeHtml(title)}</b>\n`;
	const body = `${escapeHtml(label)}${log ? tagged("pre", text) : escapeHtml(text)}`;
	return `${head}${body}`.trimEnd() + tagged("i", foot);
}

/** Line breaks at the start stay outside, where they separate. */
function tagged(tag: "pre" | "i", text: string): string {
	const core = text.trimStart();
	const lead = text.slice(0, text.length - core.length);
	return core === "" ? text : `${lead}<${tag}>${escapeHtml(core)}</${tag}>`;
}

interface InlineKeyboard {
	inline_keyboard: { text: string; callback_data: string }[][];
}

/** One button a row: labels are words. `<token>:<reply>` has at most 37 of callback_data's 64 bytes. */
export function keyboardOf(actions: readonly Action[], replyToken: string | undefined): InlineKeyboard | undefined {
	if (actions.length === 0) return undefined;
	const button = ({ label, reply }: Action) => [{ text: label, callback_data: `${replyToken ?? ""}:${reply}` }];
	return { inline_keyboard: actions.map(button) };
}

/** The beginning of a text that may have so many UTF-16 units; never half a character. */
export function firstUnits(text: string, most: number): string {
	return text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
}
