import { z } from "zod";
import type { CarrierKeyword, Inbound, Pointer, Received } from "./inbound.ts";
import { addressOf, chatLabel } from "./telegram-address.ts";

/** Our bot, as getMe says. */
export interface Bot {
	id: number;
	username: string;
}

/** Says a few words back: at the button that was pressed, or in the chat. */
export interface Answering {
	atButton(queryId: string, words: string): Promise<void>;
	inChat(chat: number, thread: number | undefined, words: string): Promise<void>;
}

/** The kinds of updates that we ask for; Telegram keeps the others. */
export const allowedUpdates = ["message", "callback_query", "my_chat_member"] as const;

const user = z.object({ id: z.int(), is_bot: z.boolean(), first_name: z.string().optional() });
const chat = z.object({ id: z.int(), type: z.enum(["private", "group", "supergroup"]), title: z.string().optional() });
const message = z.looseObject({
	message_id: z.int(),
	from: user,
	chat,
	/** Somebody who writes as a group or a channel: nobody vouches for who that is. */
	sender_chat: z.never().optional(),
	via_bot: z.never().optional(),
	text: z.string().optional(),
	caption: z.string().optional(),
	message_thread_id: z.int().optional(),
	is_topic_message: z.boolean().optional(),
	reply_to_message: z.object({ message_id: z.int(), from: user.optional() }).optional(),
});
type Message = z.infer<typeof message>;

/** A token of ours (reply-token.ts) or none, and what a person would have typed. */
const buttonData = /^([a-z2-7]{16})?:([a-z0-9]{1,20})$/;
const press = z.object({
	id: z.string(),
	from: user,
	message: z.object({ message_id: z.int(), chat }),
	data: z.string().regex(buttonData),
});
const standing = z.object({
	chat,
	from: user,
	new_chat_member: z.object({ status: z.string(), user: z.object({ id: z.int() }) }),
});

/** Loose on purpose: Telegram adds fields between one day and the next. What does not fit is not for us. */
const update = z.object({
	update_id: z.int(),
	message: message.optional().catch(undefined),
	callback_query: press.optional().catch(undefined),
	my_chat_member: standing.optional().catch(undefined),
});

/** What an update brings; undefined for all that is nobody's word to us: bots, channels, edits, inline results. Never throws. */
export function parseUpdate(raw: unknown, bot: Bot, answering: Answering): Received | undefined {
	const parsed = update.safeParse(raw);
	if (!parsed.success) return undefined;
	const { update_id, message, callback_query, my_chat_member } = parsed.data;
	// Ids begin anew with another bot, and a server can be given one.
	const eventId = `update:${bot.id}:${update_id}`;
	if (message !== undefined) return written(message, { eventId, bot, answering });
	if (callback_query !== undefined) return pressed(callback_query, bot, answering);
	if (my_chat_member !== undefined) return thrownOut(my_chat_member, { eventId, bot });
	return undefined;
}

interface Context {
	eventId: string;
	bot: Bot;
	answering: Answering;
}

const base = { provider: "telegram", channel: "telegram" } as const;

/** A private chat has the id of its person. */
function isPerson({ from, chat }: Pick<Message, "from" | "chat">): boolean {
	return !from.is_bot && (chat.type !== "private" || chat.id === from.id);
}

function senderOf({ from, chat }: Pick<Message, "from" | "chat">): string {
	return addressOf({ chat: chat.id, person: from.id });
}

function written(message: Message, { eventId, bot, answering }: Context): Received | undefined {
	if (!isPerson(message)) return undefined;
	const text = message.text ?? message.caption ?? "";
	const thread = message.is_topic_message === true ? message.message_thread_id : undefined;
	const acknowledge = (words: string) => answering.inChat(message.chat.id, thread, words);
	const common = { ...base, providerEventId: eventId, sender: senderOf(message) };
	const command = commandOf(text, bot);
	if (command === "another bot's") return undefined;
	if (command?.pairing !== undefined) return opened(message, command.pairing);
	if (command !== undefined) return said({ ...common, text, keyword: command.keyword, acknowledge });
	if (text === "") return wordless(message, common, acknowledge);
	const pointer = pointerOf(message, thread);
	if (message.chat.type === "private") return said({ ...common, text, pointer });
	// People talk to each other in a group: an answer to the bot is for us, and what stands in a session's own topic.
	if (message.reply_to_message?.from?.id === bot.id && pointer?.message !== undefined)
		return said({ ...common, text, pointer });
	return thread === undefined ? undefined : said({ ...common, text, pointer, pointerRequired: true });
}

function said(message: Inbound): Received {
	return { kind: "message", message };
}

function opened({ chat, from }: Message, token: string): Received {
	const label = chatLabel(chat.id, from.first_name, chat.title);
	return { kind: "pairing", opened: { channel: "telegram", token, address: senderOf({ from, chat }), label } };
}

const wordlessKinds = ["voice", "audio", "video", "video_note", "photo", "document", "animation", "sticker"];

/** Only text can be passed on, and who spoke into the phone should know it. */
function wordless(
	message: Message,
	common: Omit<Inbound, "text">,
	acknowledge: (words: string) => Promise<void>,
): Received | undefined {
	if (message.chat.type !== "private" || !wordlessKinds.some((kind) => kind in message)) return undefined;
	return said({ ...common, text: "", acknowledge: () => acknowledge("Only text reaches Claude: please write it.") });
}

/** In a forum's topic whatever answers nothing answers the message that opened the topic: then only the topic counts. */
function pointerOf({ reply_to_message }: Message, thread: number | undefined): Pointer | undefined {
	const answered = reply_to_message?.message_id === thread ? undefined : reply_to_message?.message_id;
	if (answered === undefined && thread === undefined) return undefined;
	return { message: answered?.toString(), thread: thread?.toString() };
}

interface Command {
	keyword: CarrierKeyword;
	/** The token of the pairing link that was opened. */
	pairing?: string | undefined;
}

const commandLine = /^\/(start|stop|help)(?:@(\w+))?(?:\s+(\S[\s\S]*))?$/i;
const keywords: Readonly<Record<string, CarrierKeyword>> = { start: "start", stop: "stop" };
const linkToken = /^[A-Za-z0-9_-]{1,64}$/;

function commandOf(text: string, { username }: Bot): Command | "another bot's" | undefined {
	const [, name, addressee, rest] = commandLine.exec(text.trim()) ?? [];
	if (name === undefined) return undefined;
	if (addressee !== undefined && addressee.toLowerCase() !== username.toLowerCase()) return "another bot's";
	const keyword = keywords[name.toLowerCase()] ?? "help";
	return keyword === "start" && rest !== undefined && linkToken.test(rest) ? { keyword, pairing: rest } : { keyword };
}

function pressed(query: z.infer<typeof press>, bot: Bot, answering: Answering): Received | undefined {
	const { id, from, message, data } = query;
	const { chat, message_id } = message;
	if (!isPerson({ from, chat })) return undefined;
	const [, token, text = ""] = buttonData.exec(data) ?? [];
	return said({
		...base,
		// Two taps are two updates, and one answer.
		providerEventId: `button:${bot.id}:${chat.id}:${message_id}:${data}`,
		sender: senderOf({ from, chat }),
		text,
		pointer: { token, message: message_id.toString() },
		// A group's buttons can be pressed by everybody: only the one that they were made for has an effect.
		...(token === undefined ? {} : { tokenRequired: true }),
		acknowledge: (words) => answering.atButton(id, words),
	});
}

/** Blocked by its person, or thrown out of the group. To be let in again says nothing: the /start that follows does. */
function thrownOut(
	change: z.infer<typeof standing>,
	{ eventId, bot }: Omit<Context, "answering">,
): Received | undefined {
	const { new_chat_member: now } = change;
	if (now.user.id !== bot.id || !["kicked", "left"].includes(now.status) || !isPerson(change)) return undefined;
	return said({ ...base, providerEventId: eventId, sender: senderOf(change), text: "", keyword: "stop" });
}
