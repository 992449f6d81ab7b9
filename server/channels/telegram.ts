import { z } from "zod";
import { deriveSecret } from "../inbound/telegram-secret.ts";
import type { AddressCheck, Channel, ChannelDefinition } from "./channel.ts";
import { baseUrl, type ChannelContext, defineProvider } from "./provider.ts";
import type { ChannelEntry } from "./registry.ts";
import { TelegramApi, type TelegramOptions } from "./telegram-api.ts";
import { deliver } from "./telegram-deliver.ts";
import { telegramReceiver, telegramWebhook } from "./telegram-receive.ts";
import { failureOf } from "./telegram-refusal.ts";
import { Topics } from "./telegram-topics.ts";

/** At most 52 bits (Bot API, `Chat.id`); what is shorter is a slip of the finger. */
const chatId = /^-?[1-9]\d{4,15}$/;

const definition: ChannelDefinition = {
	name: "telegram",
	title: "Telegram",
	metered: false,
	style: {
		charset: "unicode",
		maxLength: 4096,
		preferredLength: 1200,
		optOutHint: undefined,
		replyHint: () => "Answer this message to write to the session",
	},
	consentHint: "Send /stop to the bot to end them.",
	resumeHint: "send /start to the bot to switch it on again",
	byLink: true,
	addressExample: "123456789",
	claims: (contact) => chatId.test(contact) || contact.startsWith("@"),
	checkAddress,
};

/** A typed group takes messages; nobody may answer there, since a typed id proves nobody. */
function checkAddress(typed: string): AddressCheck {
	if (typed.startsWith("@")) {
		const message = "A Telegram bot cannot write to a @username. Run /notify-setup telegram and open the link instead.";
		return { ok: false, message };
	}
	if (!chatId.test(typed)) {
		const message =
			"That is no Telegram chat id (123456789, or -100… for a group). Run /notify-setup telegram and open the link instead.";
		return { ok: false, message };
	}
	return { ok: true, address: typed, label: `chat (…${typed.slice(-4)})`, country: undefined };
}

interface Options extends TelegramOptions, Pick<ChannelContext, "publicUrl"> {
	/** Undefined: derived from the token. */
	webhookSecret: string | undefined;
}

function telegramChannel({ webhookSecret, publicUrl, ...options }: Options): Channel {
	const api = new TelegramApi(options);
	const topics = new Topics(api);
	const secret = webhookSecret ?? deriveSecret(options.token);
	return {
		...definition,
		simulated: false,
		receipts: false,
		// 30 messages a second to different chats; what one chat takes is less, and its 429 says so
		rate: { perSecond: 30 },
		deliver: (address, message, options) => deliver(address, { api, topics, message, options }),
		async pairingLink(token) {
			const me = await api.me(AbortSignal.timeout(linkMs));
			if (!me.ok) throw new Error(failureOf(me.refusal).reason);
			return `https://t.me/${me.result.username}?start=${token}`;
		},
		webhooks: [telegramWebhook(api, secret)],
		receive: telegramReceiver({ api, secret, publicUrl }),
	};
}

/** A person waits for the link. */
const linkMs = 8000;

const provider = defineProvider({
	title: "Telegram",
	env: {
		TELEGRAM_BOT_TOKEN: z
			.string()
			.regex(/^\d+:[A-Za-z0-9_-]{30,}$/, { error: "must be a token like 123456789:AA…, as @BotFather gives it" })
			.describe("The bot's token, from @BotFather (/newbot)"),
		TELEGRAM_WEBHOOK_SECRET: z
			.string()
			.regex(/^[A-Za-z0-9_-]{16,256}$/, { error: "must have 16 to 256 letters, digits, - and _" })
			.describe("What Telegram has to say with each update; made from the token when it is not set")
			.optional(),
		TELEGRAM_BASE_URL: baseUrl("telegram.org"),
	},
	connect: (values, { publicUrl }) =>
		telegramChannel({
			token: values.TELEGRAM_BOT_TOKEN,
			webhookSecret: values.TELEGRAM_WEBHOOK_SECRET,
			baseUrl: values.TELEGRAM_BASE_URL,
			publicUrl,
		}),
	async check(values, signal) {
		const api = new TelegramApi({ token: values.TELEGRAM_BOT_TOKEN, baseUrl: values.TELEGRAM_BASE_URL });
		const me = await api.me(signal);
		return me.ok ? undefined : failureOf(me.refusal).reason;
	},
});

export const telegram: ChannelEntry = { definition, providers: [provider] };
