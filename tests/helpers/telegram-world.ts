import { type Chat, Chats } from "./telegram-chats.ts";
import { type BotCommand, badRequest, tooManyRequests } from "./telegram-rules.ts";
import { UpdateQueue } from "./telegram-updates.ts";
import type { CallbackAnswer, Delivered, SentMessage, WebhookAnswer, WireMessage, WireUser } from "./telegram-wire.ts";

/** What became of something that a person did. */
export interface Incoming {
	message: WireMessage;
	messageId: number;
	/** Undefined: the vendor shows this to no bot (privacy mode, a group that the bot was thrown out of). */
	updateId: number | undefined;
	/** True when the product's webhook answered 2xx; false too when there is no webhook and getUpdates brings it. */
	delivered: boolean;
	/** The webhook's answers, one for each try. */
	answers: WebhookAnswer[];
}

type Answered = (answer: CallbackAnswer | undefined) => void;

/** Everything that the vendor's servers know about one bot. */
export class TelegramWorld {
	readonly bot: WireUser;
	readonly topicsInPrivateChats: boolean;
	readonly chats = new Chats();
	readonly queue = new UpdateQueue();
	readonly sent: SentMessage[] = [];
	/** By scope and language, such as "default", "all_private_chats" or "chat:42:de". */
	readonly commands = new Map<string, BotCommand[]>();
	/** Requests that came although a 429 had told to wait. */
	floodHits = 0;
	readonly #callbacks = new Map<string, Answered>();
	readonly #floods = new Map<number | "everything", number>();
	readonly #waiters = new Set<() => void>();

	constructor(bot: WireUser, topicsInPrivateChats: boolean) {
		this.bot = bot;
		this.topicsInPrivateChats = topicsInPrivateChats;
	}

	/** Something was sent or edited. */
	noteSent(message?: SentMessage): void {
		if (message !== undefined) this.sent.push(message);
		for (const waiter of [...this.#waiters]) waiter();
	}

	waitForMessage(fits: (message: SentMessage) => boolean, timeoutMs: number): Promise<SentMessage> {
		const past = this.sent.find(fits);
		if (past !== undefined) return Promise.resolve(past);
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.#waiters.delete(waiter);
				const had = this.sent.map((message) => JSON.stringify(message.text)).join(", ");
				reject(new Error(`no such message within ${timeoutMs} ms; there were: ${had}`));
			}, timeoutMs);
			const waiter = () => {
				const found = this.sent.find(fits);
				if (found === undefined) return;
				clearTimeout(timer);
				this.#waiters.delete(waiter);
				resolve(found);
			};
			this.#waiters.add(waiter);
		});
	}

	flood(seconds: number, chatId: number | "everything"): void {
		this.#floods.set(chatId, Date.now() + seconds * 1000);
	}

	/** Refuses as long as a 429 holds for this chat or for everything. */
	checkFlood(chatId: unknown): void {
		for (const key of [Number(chatId), "everything"] as const) {
			const left = (this.#floods.get(key) ?? 0) - Date.now();
			if (left <= 0) continue;
			this.floodHits++;
			throw tooManyRequests(Math.ceil(left / 1000));
		}
	}

	/** Shows something to the bot as an update; to none where the vendor would show nothing. */
	async incoming(type: string, chat: Chat, message: WireMessage): Promise<Incoming> {
		const common = { message, messageId: message.message_id };
		if (chat.kicked || !this.#botSees(chat, message)) {
			return { ...common, updateId: undefined, delivered: false, answers: [] };
		}
		const { update, delivery } = this.queue.push(type, message);
		return { ...common, updateId: update.update_id, ...(await delivery) };
	}

	/** Privacy mode: in a group a bot that is no administrator sees commands, answers to itself and service messages only. */
	#botSees(chat: Chat, { text, caption, reply_to_message: answered }: WireMessage): boolean {
		if (!chat.wire.type.endsWith("group") || chat.admin) return true;
		const words = text ?? caption;
		if (words === undefined || answered?.from?.id === this.bot.id) return true;
		const command = /^\/\w+(?:@(\w+))?/.exec(String(words));
		return command !== null && (command[1] ?? this.bot.username)?.toLowerCase() === this.bot.username?.toLowerCase();
	}

	/** A press on a button. Resolves when the bot answered the callback, with undefined when it did not within the time. */
	press(chat: Chat, from: WireUser, message: WireMessage, data: string, timeoutMs: number) {
		const id = `${chat.instance.slice(0, 8)}${Date.now()}${this.#callbacks.size}`;
		return new Promise<CallbackAnswer | undefined>((resolve) => {
			const end = (answer: CallbackAnswer | undefined) => {
				clearTimeout(timer);
				resolve(answer);
			};
			const timer = setTimeout(end, timeoutMs, undefined);
			this.#callbacks.set(id, end);
			const payload = { id, from, message, chat_instance: chat.instance, data };
			const { delivery, wanted } = this.queue.push("callback_query", payload);
			void delivery.then(({ answers, delivered }: Delivered) => {
				if (!wanted || (answers.length > 0 && !delivered)) end(undefined);
			});
		});
	}

	answerCallback(id: string, answer: CallbackAnswer): void {
		const answered = this.#callbacks.get(id);
		if (answered === undefined) {
			throw badRequest("query is too old and response timeout expired or query ID is invalid");
		}
		this.#callbacks.delete(id);
		answered(answer);
	}

	/** From now on every press so far is too old to be answered. */
	expireCallbacks(): void {
		for (const answered of this.#callbacks.values()) answered(undefined);
		this.#callbacks.clear();
	}
}
