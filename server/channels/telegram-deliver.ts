import { z } from "zod";
import { addressOf, chatLabel, parseAddress, type TelegramAddress } from "../inbound/telegram-address.ts";
import type { DeliverOptions, DeliveryResult, Message } from "./channel.ts";
import type { Answer, TelegramApi } from "./telegram-api.ts";
import { keyboardOf, toHtml } from "./telegram-html.ts";
import { failureOf, isTopicGone, isUnchanged, isUneditable, isUnparsable } from "./telegram-refusal.ts";
import type { Topics, TopicWish } from "./telegram-topics.ts";

const sent = z.object({ message_id: z.int(), chat: z.object({ title: z.string().optional() }) });
type Sent = z.infer<typeof sent>;
/** editMessageText answers with the message too, which says nothing new. */
const edited = z.unknown();

interface Sending {
	api: TelegramApi;
	topics: Topics;
	message: Message;
	options: DeliverOptions;
}

/** Sends once, or edits what this message may take the place of. Each detour (no HTML, another topic, another chat) is taken once. */
export async function deliver(address: string, sending: Sending): Promise<DeliveryResult> {
	const target = parseAddress(address);
	if (target === undefined) return { ok: false, retryable: false, reason: "That is no Telegram chat." };
	const { replaces } = sending.options;
	if (replaces !== undefined && /^\d+$/.test(replaces)) {
		const result = await edit(sending, target.chat, replaces);
		if (result !== undefined) return result;
	}
	return sendNew(sending, target);
}

/** Undefined: there is nothing to edit, and a new message has to be sent. */
async function edit({ api, message, options }: Sending, chat: number, id: string): Promise<DeliveryResult | undefined> {
	const answer = await asHtmlOrPlain(message, (text, look) =>
		api.call(options.signal, edited, (calls, abort) => calls.editMessageText(chat, Number(id), text, look, abort)),
	);
	if (answer.ok || isUnchanged(answer.refusal)) return { ok: true, providerId: id };
	const { migratedTo } = answer.refusal;
	return isUneditable(answer.refusal) || migratedTo !== undefined ? undefined : failureOf(answer.refusal);
}

async function sendNew(sending: Sending, target: TelegramAddress): Promise<DeliveryResult> {
	const { chat } = target;
	const wish = { chat, conversation: sending.message.conversation, ...given(sending.options) };
	let topic = await topicOf(sending, wish);
	if (!topic.ok) return failureOf(topic.refusal);
	let answer = await send(sending, chat, topic.result);
	if (topic.result !== undefined && !answer.ok && isTopicGone(answer.refusal)) {
		topic = await topicOf(sending, { ...wish, dead: topic.result });
		if (!topic.ok) return failureOf(topic.refusal);
		answer = await send(sending, chat, topic.result);
	}
	if (answer.ok) return accepted(answer.result);
	const { migratedTo } = answer.refusal;
	if (migratedTo === undefined) return failureOf(answer.refusal);
	const moved = await send(sending, migratedTo, undefined);
	if (!moved.ok) return failureOf(moved.refusal);
	const movedTo = {
		address: addressOf({ ...target, chat: migratedTo }),
		label: chatLabel(migratedTo, moved.result.chat.title),
	};
	return { ...accepted(moved.result), movedTo };
}

async function topicOf({ topics, options }: Sending, wish: TopicWish) {
	const topic = await topics.of(wish);
	if (topic.ok && topic.result !== undefined && topic.result !== wish.given) {
		await options.onThread?.(String(topic.result));
	}
	return topic;
}

function given({ thread, signal }: DeliverOptions) {
	return { given: thread !== undefined && /^\d+$/.test(thread) ? Number(thread) : undefined, signal };
}

function accepted({ message_id }: Sent): Extract<DeliveryResult, { ok: true }> {
	return { ok: true, providerId: String(message_id) };
}

function send({ api, message, options }: Sending, chat: number, topic: number | undefined): Promise<Answer<Sent>> {
	const place = {
		...(topic === undefined ? {} : { message_thread_id: topic }),
		...(message.rings ? {} : { disable_notification: true }),
	};
	return asHtmlOrPlain(message, (text, look) =>
		api.call(options.signal, sent, (calls, abort) => calls.sendMessage(chat, text, { ...place, ...look }, abort)),
	);
}

type Keyboard = NonNullable<ReturnType<typeof keyboardOf>>;
interface Look {
	parse_mode?: "HTML";
	link_preview_options: { is_disabled: true };
	reply_markup?: Keyboard;
}

async function asHtmlOrPlain<T>(
	message: Message,
	call: (text: string, look: Look) => Promise<Answer<T>>,
): Promise<Answer<T>> {
	const keyboard = keyboardOf(message.actions, message.conversation?.replyToken);
	const look = { link_preview_options: { is_disabled: true }, ...(keyboard && { reply_markup: keyboard }) } as const;
	const answer = await call(toHtml(message), { parse_mode: "HTML", ...look });
	return answer.ok || !isUnparsable(answer.refusal) ? answer : call(message.text, look);
}
