import { z } from "zod";
import type { Conversation } from "./channel.ts";
import type { Answer, TelegramApi } from "./telegram-api.ts";
import { firstUnits } from "./telegram-html.ts";

export interface TopicWish {
	chat: number;
	conversation: Conversation | undefined;
	/** What an earlier message of the conversation was given. */
	given: number | undefined;
	/** A topic that turned out to be gone. */
	dead?: number | undefined;
	signal: AbortSignal;
}

type Topic = Answer<number | undefined>;

const created = z.object({ message_thread_id: z.int() });
const none: Topic = { ok: true, result: undefined };

/** createForumTopic's limit. */
const longestName = 128;
/** Somebody may turn topics on in the meantime. */
const flatMs = 3_600_000;
const mostRemembered = 1000;

/** One topic a session, where a chat has topics: forums, and private chats when the bot was given them (BotFather). */
export class Topics {
	readonly #api: TelegramApi;
	/** Made by this process, some not stored yet: two messages of a session that go out together share one. */
	readonly #made = new Map<string, Promise<Topic>>();
	/** Chats without topics, and until when that is believed. */
	readonly #flat = new Map<number, number>();

	constructor(api: TelegramApi) {
		this.#api = api;
	}

	/** The topic for a message; undefined where it goes to the chat itself. */
	async of(wish: TopicWish): Promise<Topic> {
		const { chat, conversation, given, dead } = wish;
		if (conversation === undefined) return none;
		const key = `${chat}:${conversation.id}`;
		const before = this.#made.get(key);
		const known = await before;
		if (known?.ok === true && known.result !== dead) return known;
		if (given !== undefined && given !== dead) return { ok: true, result: given };
		const possible = await this.#hasTopics(chat, wish.signal);
		if (!possible.ok) return possible;
		if (!possible.result) return none;
		const meanwhile = this.#made.get(key);
		if (meanwhile !== undefined && meanwhile !== before) return meanwhile;
		const making = this.#create(chat, conversation.title, wish.signal);
		remember(this.#made, key, making);
		const topic = await making;
		if ((!topic.ok || topic.result === undefined) && this.#made.get(key) === making) this.#made.delete(key);
		return topic;
	}

	async #hasTopics(chat: number, signal: AbortSignal): Promise<Answer<boolean>> {
		if ((this.#flat.get(chat) ?? 0) > performance.now()) return { ok: true, result: false };
		// Only supergroups can be forums, and only trying tells whether this one is.
		if (chat < 0) return { ok: true, result: String(chat).startsWith("-100") };
		const me = await this.#api.me(signal);
		return me.ok ? { ok: true, result: me.result.has_topics_enabled } : me;
	}

	async #create(chat: number, title: string, signal: AbortSignal): Promise<Topic> {
		const name = firstUnits(title, longestName).trim() || "claude-notify";
		const topic = await this.#api.call(signal, created, (api, abort) => api.createForumTopic(chat, name, {}, abort));
		if (topic.ok) return { ok: true, result: topic.result.message_thread_id };
		// No forum, or the bot may not open topics in it.
		if (topic.refusal.status !== 400) return topic;
		remember(this.#flat, chat, performance.now() + flatMs);
		return none;
	}
}

/** Forgets the oldest when there are too many. */
function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
	map.delete(key);
	map.set(key, value);
	const [oldest] = map.keys();
	if (map.size > mostRemembered && oldest !== undefined) map.delete(oldest);
}
