import { badRequest, forbidden } from "./telegram-rules.ts";
import { now, type WireChat, type WireMessage, type WireUser } from "./telegram-wire.ts";

/** A chat as the vendor keeps it. */
export interface Chat {
	wire: WireChat;
	/** Private: the person pressed Start. */
	started: boolean;
	/** Private: the person blocked the bot. */
	blocked: boolean;
	/** Private: the account is gone. */
	deactivated: boolean;
	/** Groups: the bot was thrown out. */
	kicked: boolean;
	/** Groups: where it went. */
	migratedTo: number | undefined;
	/** Groups: an administrator sees everything and may open topics. */
	admin: boolean;
	/** Private chats of a bot with forum topic mode have topics too. */
	forum: boolean;
	topics: Map<number, string>;
	messages: Map<number, WireMessage>;
	lastMessageId: number;
	/** The vendor's chat_instance of callbacks. */
	instance: string;
}

/** Users and chats, and what the bot may do in them. */
export class Chats {
	readonly #chats = new Map<number, Chat>();
	#lastGroup = 0;
	#lastPerson = 0;

	/** Ids that do not fit into 32 bits, as new accounts have them. */
	nextPersonId(): number {
		return 6_800_000_000 + ++this.#lastPerson * 17;
	}

	nextGroupId(type: "group" | "supergroup" | "channel"): number {
		const serial = ++this.#lastGroup * 13;
		return type === "group" ? -(4_100_000_000 + serial) : -(1_002_100_000_000 + serial);
	}

	add(wire: WireChat, more: Partial<Chat> = {}): Chat {
		if (this.#chats.has(wire.id)) throw new Error(`there is a chat ${wire.id} already`);
		const chat: Chat = {
			wire,
			started: false,
			blocked: false,
			deactivated: false,
			kicked: false,
			migratedTo: undefined,
			admin: false,
			forum: false,
			topics: new Map(),
			messages: new Map(),
			// The first message of a supergroup is the one that made it; 1 is the thread "General" too.
			lastMessageId: wire.type === "supergroup" ? 1 : 0,
			instance: String(7_000_000_000_000_000_000n + BigInt(this.#chats.size)),
			...more,
		};
		this.#chats.set(wire.id, chat);
		return chat;
	}

	get(id: number): Chat {
		const chat = this.#chats.get(id);
		if (chat === undefined) throw new Error(`the emulator has no chat ${id}`);
		return chat;
	}

	/** The chat of a `chat_id`, or the vendor's refusal. Nobody here has a public name, so "@name" is unknown. */
	find(chatId: unknown): Chat {
		if (chatId === undefined || chatId === "") throw badRequest("chat_id is empty");
		const chat = this.#chats.get(Number(chatId));
		if (chat === undefined) throw badRequest("chat not found");
		return chat;
	}

	/** The chat, if the bot may write (or only edit) there. */
	writable(chatId: unknown, access: "write" | "edit"): Chat {
		const chat = this.find(chatId);
		const { type } = chat.wire;
		if (chat.deactivated) throw forbidden("user is deactivated");
		if (chat.kicked) throw forbidden(`bot was kicked from the ${type === "group" ? "group" : type} chat`);
		if (access === "edit") return chat;
		if (chat.migratedTo !== undefined) {
			throw badRequest("group chat was upgraded to a supergroup chat", { migrate_to_chat_id: chat.migratedTo });
		}
		if (type === "private" && !chat.started) throw forbidden("bot can't initiate conversation with a user");
		if (chat.blocked) throw forbidden("bot was blocked by the user");
		return chat;
	}

	/** The topic that a message goes to. A group that is no forum ignores it, as the vendor does. */
	thread(chat: Chat, threadId: unknown): number | undefined {
		if (threadId === undefined || threadId === 0) return undefined;
		if (chat.wire.type !== "private" && !chat.forum) return undefined;
		if (!chat.topics.has(Number(threadId))) throw badRequest("message thread not found");
		return Number(threadId);
	}

	/** A new message of this chat, kept, with the next id and the fields of its topic. */
	write(chat: Chat, fields: Partial<WireMessage>, threadId?: number, replyTo?: number): WireMessage {
		const message: WireMessage = { message_id: ++chat.lastMessageId, date: now(), chat: chat.wire, ...fields };
		if (threadId !== undefined) {
			message.message_thread_id = threadId;
			message.is_topic_message = true;
		}
		const answered = chat.messages.get(replyTo ?? this.#root(chat, threadId));
		if (answered !== undefined) {
			const { reply_to_message: _nested, ...flat } = answered;
			message.reply_to_message = flat as WireMessage;
		}
		chat.messages.set(message.message_id, message);
		return message;
	}

	/** In a forum's topic a message that answers none answers the service message that opened the topic. */
	#root(chat: Chat, threadId: number | undefined): number {
		return chat.wire.type === "supergroup" && threadId !== undefined ? threadId : 0;
	}

	/** Opens a topic; its service message gives the topic its id. */
	openTopic(chat: Chat, topic: { name: string; icon_color: number }, from: WireUser): WireMessage {
		const message = this.write(chat, { from, forum_topic_created: topic });
		message.message_thread_id = message.message_id;
		message.is_topic_message = true;
		chat.topics.set(message.message_id, topic.name);
		return message;
	}
}
