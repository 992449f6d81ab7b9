import { Group, type GroupOptions, Person, type PersonOptions } from "./telegram-people.ts";
import type { Params } from "./telegram-rules.ts";
import { type Attempt, TelegramServer } from "./telegram-server.ts";
import { foundEntities } from "./telegram-text.ts";
import {
	type DeliveryRules,
	hex,
	type Misbehaviour,
	type SentMessage,
	type WebhookAnswer,
	type WireUpdate,
} from "./telegram-wire.ts";
import { type Incoming, TelegramWorld } from "./telegram-world.ts";

export { Group, Person } from "./telegram-people.ts";
export type { Attempt } from "./telegram-server.ts";
export type { Misbehaviour, SentMessage, WebhookAnswer, WireUpdate } from "./telegram-wire.ts";
export type { Incoming } from "./telegram-world.ts";

export interface TelegramEmulatorOptions {
	token?: string;
	botUsername?: string;
	/** The bot has forum topic mode: topics in private chats too, and getMe says so. */
	topicsInPrivateChats?: boolean;
	/** False keeps wilfully wrong requests out of the file that the vendor's specification judges. */
	record?: boolean;
}

/** Telegram's Bot API on 127.0.0.1, as strict as the vendor. It imports nothing of the product. */
export class TelegramEmulator implements AsyncDisposable {
	readonly token: string;
	readonly botUsername: string;
	baseUrl = "";
	readonly #world: TelegramWorld;
	readonly #server: TelegramServer;
	#channel: number | undefined;

	constructor(options: TelegramEmulatorOptions = {}) {
		this.token = options.token ?? `7${String(Date.now()).slice(-9)}:AA${hex(16)}x`;
		this.botUsername = options.botUsername ?? "claude_notify_bot";
		const id = Number(this.token.split(":")[0]);
		const bot = { id, is_bot: true, first_name: "Claude Notify", username: this.botUsername };
		this.#world = new TelegramWorld(bot, options.topicsInPrivateChats === true);
		this.#server = new TelegramServer(this.#world, this.token, options.record !== false);
	}

	async listen(): Promise<this> {
		this.baseUrl = await this.#server.listen();
		return this;
	}

	/** Every request with a good token and a known method, in order. */
	get attempts(): Attempt[] {
		return this.#server.attempts;
	}

	/** What the product got wrong in the protocol; a suite asserts at its end that it is empty. */
	get violations(): string[] {
		return this.#server.violations;
	}

	/** Every message of the bot that was taken, in order; each shows what its phone shows now. */
	get sent(): readonly SentMessage[] {
		return this.#world.sent;
	}

	sentTo(chatId: number): SentMessage[] {
		return this.#world.sent.filter((message) => message.chatId === chatId);
	}

	/** The first message, past or to come, that fits; asked again after each edit. */
	waitForMessage(fits: (message: SentMessage) => boolean, timeoutMs = 10_000): Promise<SentMessage> {
		return this.#world.waitForMessage(fits, timeoutMs);
	}

	/** Every update that was made, those of types that the bot does not want too, oldest first. */
	get updates(): readonly WireUpdate[] {
		return this.#world.queue.made;
	}

	/** What setMyCommands left, by scope and language, such as "default", "all_private_chats" or "chat:42:de". */
	get commands(): ReadonlyMap<string, readonly { command: string; description: string }[]> {
		return this.#world.commands;
	}

	/** What the webhook answered, to redeliveries and `deliver` too. */
	get webhookAnswers(): readonly WebhookAnswer[] {
		return this.#world.queue.webhookAnswers;
	}

	/** The params of the setWebhook in force. */
	get webhook(): Params | undefined {
		return this.#world.queue.webhook;
	}

	/** How many getUpdates were thrown out by a younger one: two processes polled with one token. */
	get conflicts(): number {
		return this.#world.queue.conflicts;
	}

	/** How many requests came although a 429 had told to wait longer. */
	get floodHits(): number {
		return this.#world.floodHits;
	}

	/** How webhooks are called; a test may change it at any time. */
	get delivery(): DeliveryRules {
		return this.#world.queue.delivery;
	}

	/** Updates wait until `resume`; meanwhile a test may `deliver` them itself, in any order. */
	pause(): void {
		this.#world.queue.pause();
	}

	resume(): void {
		this.#world.queue.resume();
	}

	/** The next requests of a method get these instead of a good answer, one each. */
	next(...misbehaviours: Misbehaviour[]): void {
		this.#server.next.push(...misbehaviours);
	}

	/** 429 for so many seconds (told in whole ones), for a chat or for everything. */
	flood(seconds: number, chatId?: number): void {
		this.#world.flood(seconds, chatId ?? "everything");
	}

	/** Somebody with a phone, who has not started the bot yet. */
	person(options: PersonOptions = {}): Person {
		return new Person(this.#world, options);
	}

	/** A group in which the bot is. */
	group(options: GroupOptions = {}): Group {
		return new Group(this.#world, options);
	}

	/** A post in a channel in which the bot is an administrator. */
	channelPost(text: string): Promise<Incoming> {
		const { chats } = this.#world;
		this.#channel ??= chats.add({ id: chats.nextGroupId("channel"), type: "channel", title: "News" }).wire.id;
		const chat = chats.get(this.#channel);
		const entities = foundEntities(text);
		const words = { text, ...(entities.length > 0 && { entities }) };
		return this.#world.incoming("channel_post", chat, chats.write(chat, { sender_chat: chat.wire, ...words }));
	}

	/** No press so far can be answered any more. */
	expireCallbacks(): void {
		this.#world.expireCallbacks();
	}

	/** An update id that was never used. */
	nextUpdateId(): number {
		return this.#world.queue.nextId();
	}

	/**
	 * Any JSON, once, straight to the webhook, whatever its type: forged with another `secret` (null: none), doubled, out of order.
	 * Without a webhook it is queued for getUpdates, and there is no answer.
	 */
	async deliver(update: unknown, forged: { secret?: string | null; body?: string } = {}): Promise<WebhookAnswer> {
		const { webhook } = this.#world.queue;
		const id = (update as { update_id?: unknown } | null)?.update_id;
		const updateId = typeof id === "number" ? id : undefined;
		if (webhook === undefined) {
			if (updateId === undefined) throw new Error("getUpdates needs an update_id");
			await this.#world.queue.enqueue(update as WireUpdate);
			return { updateId, attempt: 1, status: 0, contentType: "", text: "" };
		}
		const secret = forged.secret === undefined ? webhook["secret_token"] : forged.secret;
		const body = forged.body ?? JSON.stringify(update);
		return this.#world.queue.post({ ...webhook, secret_token: secret }, body, updateId);
	}

	/** Resolves when no request (a waiting getUpdates apart) and no delivery to a webhook is under way. */
	async settled(): Promise<void> {
		do {
			await this.#server.settled();
			await this.#world.queue.settled();
		} while (this.#server.busy);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#world.queue.close();
		this.#world.expireCallbacks();
		await this.#server.close();
	}
}

/** Started and listening. */
export function startTelegramEmulator(options: TelegramEmulatorOptions = {}): Promise<TelegramEmulator> {
	return new TelegramEmulator(options).listen();
}
