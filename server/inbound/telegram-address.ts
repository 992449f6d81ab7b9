/**
 * Where messages go, and who may answer there. `person` is the chat itself in a private chat; a group has members,
 * and without one of them (an id that somebody typed) nobody's answer is taken.
 */
export interface TelegramAddress {
	chat: number;
	/** Telegram's id of the bound person; undefined in a group that nobody is bound in. */
	person: number | undefined;
}

/** Ids have at most 52 significant bits (Bot API, `Chat.id`). */
const id = /^-?[1-9]\d{0,15}$/;

/** `123456789`, `-1001234567890` or `-1001234567890/123456789`. */
export function parseAddress(address: string): TelegramAddress | undefined {
	const [chatPart = "", personPart, ...rest] = address.split("/");
	if (!id.test(chatPart) || rest.length > 0) return undefined;
	const chat = Number(chatPart);
	if (personPart === undefined) return { chat, person: chat > 0 ? chat : undefined };
	return chat < 0 && id.test(personPart) ? { chat, person: Number(personPart) } : undefined;
}

export function addressOf({ chat, person }: TelegramAddress): string {
	return chat > 0 || person === undefined ? String(chat) : `${chat}/${person}`;
}

const longestName = 24;

/** A chat as it may be shown: names are whatever their owner wrote, and no id stands there in full. */
export function chatLabel(chat: number, ...names: (string | undefined)[]): string {
	const shown = names.map((name = "") => shownName(name)).filter((name) => name !== "");
	return `${shown.join(" in ") || "chat"} (…${String(chat).slice(-4)})`;
}

function shownName(name: string): string {
	const clean = name.replace(/[\p{C}\p{Z}\s]+/gu, " ").trim();
	return [...clean].slice(0, longestName).join("").trim();
}
