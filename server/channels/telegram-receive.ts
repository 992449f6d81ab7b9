import { z } from "zod";
import type { Received } from "../inbound/inbound.ts";
import { isSecret } from "../inbound/telegram-secret.ts";
import { type Answering, allowedUpdates, parseUpdate } from "../inbound/telegram-update.ts";
import type { Webhook } from "./channel.ts";
import type { Answer, RawUpdate, Refusal, TelegramApi } from "./telegram-api.ts";
import { firstUnits } from "./telegram-html.ts";
import { failureOf } from "./telegram-refusal.ts";

type Take = (received: readonly Received[]) => Promise<void>;

const path = "/webhooks/telegram";
const commands = [
	{ command: "start", description: "Turn messages on" },
	{ command: "stop", description: "Turn messages off" },
	{ command: "help", description: "How to answer Claude" },
];
const done = z.unknown();
/** Telegram's connections at a time; those of one chat come one after the other. */
const maxConnections = 20;
/** An update that cannot be taken is tried so often; then the others must not wait for it any longer. */
const maxTries = 3;

/** A few words take no longer than this. */
const answerMs = 10_000;
const longestAtButton = 200;

function answering(api: TelegramApi): Answering {
	const words = (answer: Answer<unknown>) => {
		if (!answer.ok) throw new Error(failureOf(answer.refusal).reason);
	};
	const signal = () => AbortSignal.timeout(answerMs);
	return {
		async atButton(queryId, text) {
			const shown = { text: firstUnits(text, longestAtButton) };
			words(await api.call(signal(), done, (calls, abort) => calls.answerCallbackQuery(queryId, shown, abort)));
		},
		async inChat(chat, thread, text) {
			const place = thread === undefined ? {} : { message_thread_id: thread };
			words(await api.call(signal(), done, (calls, abort) => calls.sendMessage(chat, text, place, abort)));
		},
	};
}

/** A throw is Telegram's sign to bring the update again. */
async function read(api: TelegramApi, update: unknown, signal: AbortSignal): Promise<Received[]> {
	const me = await api.me(signal);
	if (!me.ok) throw new Error(failureOf(me.refusal).reason);
	const received = parseUpdate(update, me.result, answering(api));
	return received === undefined ? [] : [received];
}

export function telegramWebhook(api: TelegramApi, secret: string): Webhook {
	return {
		path,
		summary: "Telegram brings a message, a pressed button or the end of a chat",
		contentType: "application/json",
		async receive({ header, body, signal }) {
			if (!isSecret(secret, header("x-telegram-bot-api-secret-token"))) return "forged";
			const update = parsedJson(body);
			return update === undefined ? [] : read(api, update, signal);
		},
	};
}

function parsedJson(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return undefined;
	}
}

export interface ReceiveOptions {
	api: TelegramApi;
	secret: string;
	publicUrl(): URL;
}

/** Where Telegram can reach the server it brings updates by webhook; elsewhere they are asked for until the signal. */
export function telegramReceiver({ api, secret, publicUrl }: ReceiveOptions) {
	const progress: Progress = { offset: 0, failing: undefined, tries: 0 };
	return async (take: Take, signal: AbortSignal): Promise<void> => {
		const reachable = publicUrl().protocol === "https:";
		if (reachable) await registerWebhook(api, { secret, url: new URL(path, publicUrl()), signal });
		else must(await api.call(signal, done, (calls, abort) => calls.deleteWebhook({}, abort)));
		// The menu is a convenience: without it messages come all the same.
		await api.call(signal, done, (calls, abort) => calls.setMyCommands(commands, {}, abort));
		if (reachable) return;
		while (!signal.aborted) await pollOnce(api, progress, take, signal);
	};
}

async function registerWebhook(
	api: TelegramApi,
	{ secret, url, signal }: { secret: string; url: URL; signal: AbortSignal },
): Promise<void> {
	const wish = { secret_token: secret, allowed_updates: allowedUpdates, max_connections: maxConnections };
	must(await api.call(signal, done, (calls, abort) => calls.setWebhook(url.href, wish, abort)));
}

interface Progress {
	/** The next update that was not taken yet. */
	offset: number;
	/** The update that could not be taken, and how often that was tried. */
	failing: number | undefined;
	tries: number;
}

/** The next poll confirms the updates of this one, so each has been taken or given up by then. */
async function pollOnce(api: TelegramApi, progress: Progress, take: Take, signal: AbortSignal): Promise<void> {
	const answer = await api.poll(progress.offset, allowedUpdates, signal);
	if (signal.aborted) return;
	for (const update of must(answer)) {
		if (signal.aborted) return;
		await takeOne(update, progress, async () => take(await read(api, update, signal)));
		progress.offset = update.update_id + 1;
	}
}

async function takeOne({ update_id }: RawUpdate, progress: Progress, work: () => Promise<void>): Promise<void> {
	if (progress.failing !== update_id) Object.assign(progress, { failing: update_id, tries: 0 });
	try {
		await work();
	} catch (error) {
		progress.tries += 1;
		if (progress.tries >= maxTries) progress.offset = update_id + 1;
		const left = progress.tries >= maxTries ? " It is left out." : "";
		throw new Error(`An update of Telegram's could not be taken: ${reasonOf(error)}${left}`);
	}
}

/** A database driver's error names the statement with a person's words in it; its cause says what went wrong. */
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return "unknown";
	return error.cause instanceof Error ? error.cause.message : error.message;
}

/** What was answered, or a throw in words for the log. */
function must<T>(answer: Answer<T>): T {
	if (answer.ok) return answer.result;
	throw new Error(receiveProblem(answer.refusal));
}

function receiveProblem(refusal: Refusal): string {
	if (refusal.status !== 409) return failureOf(refusal).reason;
	return "Another program receives the messages of this bot: one TELEGRAM_BOT_TOKEN is good for one server (or database) only.";
}
