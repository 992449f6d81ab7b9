import type { Channel, DeliverOptions, DeliveryResult, Message } from "../../server/channels/channel.ts";
import { plainMessage, renderMessage } from "../../server/domain/render-message.ts";
import type { EventDetails, EventType } from "../../src/contract/events.ts";
import { connected } from "../rows/row.ts";
import { telegramVariables } from "../rows/telegram.ts";
import { startTelegramEmulator, type TelegramEmulator } from "./telegram-emulator.ts";
import type { Person } from "./telegram-people.ts";

export const api = { id: "01990000-0000-7000-8000-00000000000a", replyToken: "a2b3c4d5e6f7g2h3" };
export const web = { id: "01990000-0000-7000-8000-00000000000b", replyToken: "b2b3c4d5e6f7g2h3" };

/** The Telegram channel beside an emulated Telegram, and Ann, who has started the bot. */
export interface TelegramRig extends AsyncDisposable {
	telegram: TelegramEmulator;
	ann: Person;
	channel: Channel;
	/** The channel as a server has it that was started again. */
	restart(): void;
	/** To Ann, or to another address. */
	send(message: Message | string, more?: Partial<DeliverOptions>, address?: string): Promise<DeliveryResult>;
	/** An event of a session in the channel's words. */
	event(type: EventType, details?: EventDetails, conversation?: typeof api): Message;
	/** The topic in which a message stands. */
	threadOf(result: DeliveryResult | undefined): string | undefined;
	/** The requests of this method, in order. */
	called(method: string): TelegramEmulator["attempts"];
}

export async function openTelegramRig(options: { topics?: boolean } = {}): Promise<TelegramRig> {
	const telegram = await startTelegramEmulator({ topicsInPrivateChats: options.topics === true });
	const ann = telegram.person({ firstName: "Ann" });
	await ann.start();
	const connect = () => connected("telegram", telegramVariables(telegram));
	const rig: TelegramRig = {
		telegram,
		ann,
		channel: connect(),
		restart() {
			rig.channel = connect();
		},
		send(message, more = {}, address = String(ann.id)) {
			const id = "01990000-0000-7000-8000-000000000001";
			const given = { signal: AbortSignal.timeout(10_000), idempotencyKey: id, ...more };
			return rig.channel.deliver(address, typeof message === "string" ? plainMessage(message) : message, given);
		},
		event(type, details = {}, conversation = api) {
			const about = { description: "migrate billing", handle: "b", held: undefined };
			return renderMessage({ kind: "event", type, details, ...about }, rig.channel.style, { conversation });
		},
		threadOf(result) {
			const { threadId } =
				telegram.sent.find(({ messageId }) => result?.ok && String(messageId) === result.providerId) ?? {};
			return threadId === undefined ? undefined : String(threadId);
		},
		called: (method) => telegram.attempts.filter((attempt) => attempt.method === method),
		async [Symbol.asyncDispose]() {
			await telegram[Symbol.asyncDispose]();
			if (telegram.violations.length > 0) throw new Error(telegram.violations.join("\n"));
		},
	};
	return rig;
}

export function providerId(result: DeliveryResult): string {
	return result.ok ? result.providerId : "";
}
