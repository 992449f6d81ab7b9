import type { Chat } from "./telegram-chats.ts";
import { type Button, badRequest, checkCommands, checkTopic, inlineKeyboard, type Params } from "./telegram-rules.ts";
import { formattedText } from "./telegram-text.ts";
import type { MessageVersion, SentMessage, WireMessage } from "./telegram-wire.ts";
import type { TelegramWorld } from "./telegram-world.ts";

type Method = (world: TelegramWorld, params: Params, gone: AbortSignal) => unknown;

function version(params: Params): MessageVersion {
	const formatted = formattedText(params);
	return {
		rawText: String(params["text"]),
		...formatted,
		buttons: inlineKeyboard(params["reply_markup"]),
		parseMode: params["parse_mode"] as string | undefined,
	};
}

/** The fields of a Message that say what it says. */
function shown({ text, entities, buttons }: MessageVersion): Partial<WireMessage> {
	return {
		text,
		...(entities.length > 0 && { entities }),
		...(buttons.length > 0 && { reply_markup: { inline_keyboard: buttons } }),
	};
}

function repliedTo(chat: Chat, parameters: unknown): number | undefined {
	if (parameters === undefined) return undefined;
	const { message_id: id, allow_sending_without_reply: optional } = parameters as {
		message_id: number;
		allow_sending_without_reply?: boolean;
	};
	if (chat.messages.has(id)) return id;
	if (optional === true) return undefined;
	throw badRequest("message to be replied not found");
}

const sendMessage: Method = (world, params) => {
	const first = version(params);
	const chat = world.chats.writable(params["chat_id"], "write");
	const threadId = world.chats.thread(chat, params["message_thread_id"]);
	const replyTo = repliedTo(chat, params["reply_parameters"]);
	const message = world.chats.write(chat, { from: world.bot, ...shown(first) }, threadId, replyTo);
	world.noteSent({
		...first,
		chatId: chat.wire.id,
		messageId: message.message_id,
		threadId,
		silent: params["disable_notification"] === true,
		replyTo,
		params,
		first,
		edits: [],
	});
	return message;
};

function editable(world: TelegramWorld, chat: Chat, messageId: unknown): [WireMessage, SentMessage] {
	if (messageId === undefined) throw badRequest("message identifier is not specified");
	const message = chat.messages.get(Number(messageId));
	if (message === undefined) throw badRequest("message to edit not found");
	const sent = world.sent.find((one) => one.chatId === chat.wire.id && one.messageId === messageId);
	const markup = sent?.params["reply_markup"];
	const hasOtherMarkup = markup !== undefined && !("inline_keyboard" in (markup as object));
	if (sent === undefined || hasOtherMarkup) throw badRequest("message can't be edited");
	return [message, sent];
}

const same = (a: MessageVersion, b: MessageVersion) => {
	const parts = (v: { text: string; buttons: Button[][]; entities: unknown }) => [v.text, v.entities, v.buttons];
	return JSON.stringify(parts(a)) === JSON.stringify(parts(b));
};

const editMessageText: Method = (world, params) => {
	const edited = version(params);
	const chat = world.chats.writable(params["chat_id"], "edit");
	const [message, sent] = editable(world, chat, params["message_id"]);
	if (same(edited, sent)) {
		throw badRequest(
			"message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
		);
	}
	delete message.entities;
	delete message.reply_markup;
	Object.assign(message, shown(edited), { edit_date: Math.floor(Date.now() / 1000) });
	sent.edits.push(edited);
	Object.assign(sent, edited);
	world.noteSent();
	return message;
};

const answerCallbackQuery: Method = (world, params) => {
	const text = String(params["text"] ?? "");
	const url = params["url"] as string | undefined;
	if (text.length > 200) throw badRequest("MESSAGE_TOO_LONG");
	if (url !== undefined && !url.startsWith(`https://t.me/${world.bot.username}?`)) throw badRequest("URL_INVALID");
	const answer = { text, showAlert: params["show_alert"] === true, url };
	world.answerCallback(String(params["callback_query_id"]), answer);
	return true;
};

const createForumTopic: Method = (world, params) => {
	const chat = world.chats.writable(params["chat_id"], "write");
	if (!chat.forum) throw badRequest("the chat is not a forum");
	if (chat.wire.type !== "private" && !chat.admin) throw badRequest("not enough rights to create a topic");
	const topic = checkTopic(params);
	const message = world.chats.openTopic(chat, topic, world.bot);
	return { message_thread_id: message.message_id, ...topic };
};

const scopes = new Set(
	"default all_private_chats all_group_chats all_chat_administrators chat chat_administrators chat_member".split(" "),
);

const setMyCommands: Method = (world, params) => {
	const commands = params["commands"] as { command: string; description: string }[];
	checkCommands(commands);
	const scope = (params["scope"] ?? { type: "default" }) as { type: string; chat_id?: number; user_id?: number };
	if (!scopes.has(scope.type)) throw badRequest("can't parse BotCommandScope: unsupported type specified");
	if (scope.type.startsWith("chat")) world.chats.find(scope.chat_id);
	const language = String(params["language_code"] ?? "");
	if (!/^([a-z]{2})?$/.test(language)) throw badRequest("invalid language code specified");
	const key = [scope.type, scope.chat_id, scope.user_id, language];
	world.commands.set(key.filter((part) => part !== undefined && part !== "").join(":"), commands);
	return true;
};

const getMe: Method = (world) => ({
	...world.bot,
	can_join_groups: true,
	can_read_all_group_messages: false,
	supports_guest_queries: false,
	supports_inline_queries: false,
	can_connect_to_business: false,
	has_main_web_app: false,
	has_topics_enabled: world.topicsInPrivateChats,
	allows_users_to_create_topics: world.topicsInPrivateChats,
	can_manage_bots: false,
	supports_join_request_queries: false,
});

/** The methods that the emulator knows. */
export const methods: ReadonlyMap<string, Method> = new Map<string, Method>([
	["getMe", getMe],
	["sendMessage", sendMessage],
	["editMessageText", editMessageText],
	["answerCallbackQuery", answerCallbackQuery],
	["createForumTopic", createForumTopic],
	["setMyCommands", setMyCommands],
	["setWebhook", (world, params) => world.queue.setWebhook(params)],
	["deleteWebhook", (world, params) => world.queue.deleteWebhook(params)],
	["getWebhookInfo", (world) => world.queue.webhookInfo()],
	["getUpdates", (world, params, gone) => world.queue.getUpdates(params, gone)],
]);
