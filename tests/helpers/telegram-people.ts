import type { Chat } from "./telegram-chats.ts";
import { foundEntities } from "./telegram-text.ts";
import { type CallbackAnswer, now, type WireMessage, type WireUser } from "./telegram-wire.ts";
import type { Incoming, TelegramWorld } from "./telegram-world.ts";

export interface PersonOptions {
	id?: number;
	/** Without "@"; many people have none. */
	username?: string;
	firstName?: string;
	languageCode?: string;
}

/** A group, or the id of any chat. */
export type ChatRef = number | { id: number };

export interface SendOptions {
	/** The person's own chat with the bot, if none is given. */
	chat?: ChatRef;
	/** The message that is answered. */
	replyTo?: number;
	/** The topic. */
	thread?: number;
	/** An earlier message of this person, which now says this instead. */
	edited?: number;
	/** Other fields of the message (forward_origin, photo and caption); an empty text is none. */
	fields?: Record<string, unknown>;
}

const chatId = (chat: ChatRef) => (typeof chat === "number" ? chat : chat.id);

/** What an administrator's ChatMember lists in full. */
const rights = Object.fromEntries(
	[
		"can_be_edited is_anonymous can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members",
		"can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories",
		"can_manage_topics",
	]
		.flatMap((line) => line.split(" "))
		.map((right) => [right, right !== "is_anonymous"]),
);

type Status = "member" | "administrator" | "left" | "kicked";

/** my_chat_member: the bot's own standing in a chat changed. */
function standing(world: TelegramWorld, chat: Chat, from: WireUser, before: Status, after: Status) {
	const member = (status: Status) => ({
		status,
		user: world.bot,
		...(status === "kicked" && { until_date: 0 }),
		...(status === "administrator" && rights),
	});
	const change = { old_chat_member: member(before), new_chat_member: member(after) };
	return world.queue.push("my_chat_member", { chat: chat.wire, from, date: now(), ...change }).delivery;
}

/** Somebody with a phone. What they do becomes an update; each verb resolves when the product's webhook took it. */
export class Person {
	readonly user: WireUser;
	readonly #world: TelegramWorld;
	readonly #chat: Chat;

	constructor(world: TelegramWorld, options: PersonOptions = {}) {
		const { id = world.chats.nextPersonId(), username, firstName = "Ann", languageCode } = options;
		const name = { first_name: firstName, ...(username !== undefined && { username }) };
		this.user = { id, is_bot: false, ...name, ...(languageCode !== undefined && { language_code: languageCode }) };
		this.#world = world;
		this.#chat = world.chats.add({ id, type: "private", ...name }, { forum: world.topicsInPrivateChats });
	}

	/** Of the person and of their chat with the bot. */
	get id(): number {
		return this.user.id;
	}

	/** Presses Start, as a link https://t.me/<bot>?start=<payload> offers it; after a block it unblocks first. */
	async start(payload?: string): Promise<Incoming> {
		if (payload !== undefined && !/^[\w-]{1,64}$/.test(payload)) throw new Error(`no payload of a link: ${payload}`);
		if (this.#chat.blocked) await this.unblock();
		this.#chat.started = true;
		return this.send(payload === undefined ? "/start" : `/start ${payload}`);
	}

	/** Writes, answers or edits. */
	send(text: string, options: SendOptions = {}): Promise<Incoming> {
		const chat = this.#chatToWriteIn(options.chat);
		const content = this.#content(text, options.fields);
		if (options.edited !== undefined) return this.#edit(chat, options.edited, content);
		const { thread, replyTo } = options;
		if (replyTo !== undefined && !chat.messages.has(replyTo)) throw new Error(`no message ${replyTo} to answer`);
		if (thread !== undefined && !chat.topics.has(thread)) throw new Error(`no topic ${thread} to write in`);
		const message = this.#world.chats.write(chat, { from: this.user, ...content }, thread, replyTo);
		return this.#world.incoming("message", chat, message);
	}

	/** Presses a button by its place, counted from 0 over all rows, or by its label. Undefined: the bot did not answer the press. */
	press(
		messageId: number,
		button: number | string,
		{ chat: where, timeoutMs = 10_000 }: { chat?: ChatRef; timeoutMs?: number } = {},
	): Promise<CallbackAnswer | undefined> {
		const chat = where === undefined ? this.#chat : this.#world.chats.get(chatId(where));
		const message = chat.messages.get(messageId);
		const buttons = message?.reply_markup?.inline_keyboard.flat() ?? [];
		const pressed = typeof button === "number" ? buttons[button] : buttons.find(({ text }) => text === button);
		if (message === undefined || pressed?.callback_data === undefined) {
			const labels = buttons.map(({ text }) => text).join(", ");
			throw new Error(`message ${messageId} has no such button to press; it has: ${labels}`);
		}
		return this.#world.press(chat, this.user, message, pressed.callback_data, timeoutMs);
	}

	/** Opens a topic: in a forum, or in the chat with a bot that has topics. */
	openTopic(name: string, where?: ChatRef): Promise<Incoming> {
		const chat = this.#chatToWriteIn(where);
		if (!chat.forum) throw new Error("this chat has no topics");
		const message = this.#world.chats.openTopic(chat, { name, icon_color: 7322096 }, this.user);
		return this.#world.incoming("message", chat, message);
	}

	/** Deletes a topic of the chat with the bot: a message into it is refused. */
	deleteTopic(threadId: number): void {
		this.#chat.topics.delete(threadId);
	}

	/** Stops the bot: it may not write any more, and gets my_chat_member. */
	async block(): Promise<void> {
		this.#chat.blocked = true;
		await standing(this.#world, this.#chat, this.user, "member", "kicked");
	}

	async unblock(): Promise<void> {
		this.#chat.blocked = false;
		await standing(this.#world, this.#chat, this.user, "kicked", "member");
	}

	/** Deletes the account; the bot is not told. */
	deactivate(): void {
		this.#chat.deactivated = true;
	}

	#chatToWriteIn(where: ChatRef | undefined): Chat {
		const chat = where === undefined ? this.#chat : this.#world.chats.get(chatId(where));
		if (chat === this.#chat && !chat.started) throw new Error("the person must start() the bot first");
		if (chat.blocked) throw new Error("the person has blocked the bot");
		if (chat.migratedTo !== undefined) throw new Error(`the group went on as ${chat.migratedTo}`);
		return chat;
	}

	#content(text: string, fields: Record<string, unknown> = {}): Partial<WireMessage> {
		if (text.length > 4096) throw new Error("an app splits a text of more than 4096 characters");
		const entities = foundEntities(text);
		const words = text === "" ? {} : { text, ...(entities.length > 0 && { entities }) };
		return { ...words, ...fields };
	}

	#edit(chat: Chat, messageId: number, content: Partial<WireMessage>): Promise<Incoming> {
		const message = chat.messages.get(messageId);
		if (message?.from?.id !== this.id) throw new Error(`message ${messageId} is not this person's to edit`);
		delete message.entities;
		Object.assign(message, content, { edit_date: now() });
		return this.#world.incoming("edited_message", chat, message);
	}
}

export interface GroupOptions {
	title?: string;
	/** With topics; a supergroup, and the bot an administrator who may open topics. */
	forum?: boolean;
	supergroup?: boolean;
	/** An administrator sees every message; any other bot is in privacy mode. */
	admin?: boolean;
}

/** A group in which the bot is, at first without an update that said so. */
export class Group {
	readonly #world: TelegramWorld;
	#chat: Chat;

	constructor(world: TelegramWorld, options: GroupOptions = {}) {
		const { title = "Builders", forum = false, supergroup = forum, admin = forum } = options;
		const type = supergroup ? "supergroup" : "group";
		const id = world.chats.nextGroupId(type);
		this.#world = world;
		this.#chat = world.chats.add({ id, type, title, ...(forum && { is_forum: true }) }, { forum, admin });
	}

	/** Changes when the group migrates. */
	get id(): number {
		return this.#chat.wire.id;
	}

	/** A person comes in: a service message. */
	join(person: Person): Promise<Incoming> {
		return this.#service(person.user, { new_chat_members: [person.user] });
	}

	leave(person: Person): Promise<Incoming> {
		return this.#service(person.user, { left_chat_member: person.user });
	}

	/** Becomes a supergroup with another id; the old one refuses from now on and says where it went. Gives the new id. */
	async migrate(by: Person): Promise<number> {
		if (this.#chat.wire.type !== "group") throw new Error("only a basic group migrates");
		const old = this.#chat;
		const { title = "" } = old.wire;
		const id = this.#world.chats.nextGroupId("supergroup");
		const next = this.#world.chats.add({ id, type: "supergroup", title }, { admin: old.admin });
		const leaving = this.#service(by.user, { migrate_to_chat_id: id });
		old.migratedTo = id;
		this.#chat = next;
		await leaving;
		await this.#service(by.user, { migrate_from_chat_id: old.wire.id });
		return id;
	}

	/** Throws the bot out. */
	async kick(by: Person): Promise<void> {
		this.#chat.kicked = true;
		await standing(this.#world, this.#chat, by.user, this.#chat.admin ? "administrator" : "member", "kicked");
	}

	/** Takes the bot in (again). */
	async addBot(by: Person): Promise<void> {
		this.#chat.kicked = false;
		await standing(this.#world, this.#chat, by.user, "left", "member");
		await this.#service(by.user, { new_chat_members: [this.#world.bot] });
	}

	/** A topic that is gone: a message into it is refused. */
	deleteTopic(threadId: number): void {
		this.#chat.topics.delete(threadId);
	}

	#service(from: WireUser, fields: Partial<WireMessage>): Promise<Incoming> {
		const message = this.#world.chats.write(this.#chat, { from, ...fields });
		return this.#world.incoming("message", this.#chat, message);
	}
}
