import type { DeliveryResult } from "./channel.ts";
import type { Refusal } from "./telegram-api.ts";

export type Failure = Extract<DeliveryResult, { ok: false }>;

interface Words {
	pattern: RegExp;
	reason: string;
	optedOut?: true;
}

const openLink = "Run /notify-setup telegram, open the bot's link and press Start.";

/** Telegram's sentences (the codes say too little) in words for the user. Its own are never passed on. */
const forbidden: readonly Words[] = [
	{
		pattern: /blocked by the user/,
		reason: "You blocked the bot on Telegram. Unblock it and send it /start to turn messages on again.",
		optedOut: true,
	},
	{ pattern: /kicked|not a member/, reason: "The bot is not in the Telegram group any more.", optedOut: true },
	{ pattern: /deactivated/, reason: "The Telegram account does not exist any more.", optedOut: true },
	{ pattern: /can't initiate conversation/, reason: `A Telegram bot may not write first. ${openLink}` },
];
const badRequest: readonly Words[] = [
	{ pattern: /chat not found|PEER_ID_INVALID/, reason: `The Telegram bot does not know this chat. ${openLink}` },
	{ pattern: /not enough rights|CHAT_WRITE_FORBIDDEN/, reason: "The bot may not write in the Telegram group." },
];

const badToken = "Telegram does not accept this server's bot token (TELEGRAM_BOT_TOKEN).";

/** What became of an attempt that Telegram refused or did not answer. */
export function failureOf({ status, description, retryAfterSeconds }: Refusal): Failure {
	if (status === 0) return { ok: false, retryable: true, reason: "Telegram could not be reached." };
	const known = wordsFor(status, description);
	const wait = retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1000 };
	return {
		ok: false,
		retryable: status === 429 || status === 408 || status >= 500,
		reason: known?.reason ?? `Telegram refused the message (${status}).`,
		code: String(status),
		...wait,
		...(known?.optedOut === true ? { optedOut: true } : {}),
	};
}

function wordsFor(status: number, description: string): Pick<Words, "reason" | "optedOut"> | undefined {
	// 404 is what a token gets that Telegram cannot even read.
	if (status === 401 || status === 404) return { reason: badToken };
	if (status === 429) return { reason: "Telegram takes no more messages at the moment." };
	if (status >= 500) return { reason: "Telegram has a problem of its own." };
	const sentences = status === 403 ? forbidden : status === 400 ? badRequest : [];
	return sentences.find(({ pattern }) => pattern.test(description));
}

const says = (pattern: RegExp) => (refusal: Refusal) => refusal.status === 400 && pattern.test(refusal.description);

/** Our HTML could not be read; the same text without it can. */
export const isUnparsable = says(/can't parse entities/);
/** What an edit was to say is what stands there. */
export const isUnchanged = says(/message is not modified/);
/** A message that cannot be edited (any more): a new one takes its place. */
export const isUneditable = says(/message to edit not found|message can't be edited|MESSAGE_ID_INVALID/);
/** Somebody deleted or closed the topic. */
export const isTopicGone = says(/message thread not found|TOPIC_(DELETED|CLOSED|ID_INVALID)/);
