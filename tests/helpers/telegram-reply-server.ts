import { and, eq, isNotNull } from "drizzle-orm";
import { createHttpLimits } from "../../server/auth/http-limits.ts";
import { deliveries } from "../../server/db/schema.ts";
import { readEnv } from "../../server/env.ts";
import { createLog } from "../../server/log.ts";
import { type RunningServer, startServer } from "../../server/start.ts";
import { loginStarted, tokens } from "../../src/contract/auth.ts";
import type { TestDatabase } from "./database.ts";
import { report } from "./fixture.ts";
import { challengeOf, codeIn, fingerprintOf, post, secret, withToken } from "./login.ts";
import type { LiveSession } from "./reply-server.ts";
import {
	type Group,
	type Person,
	type SentMessage,
	startTelegramEmulator,
	type TelegramEmulator,
} from "./telegram-emulator.ts";
import { until } from "./until.ts";

/** The very server of `npm start` on a port of its own, with an emulated Telegram. */
export interface TelegramServer extends AsyncDisposable {
	server: RunningServer;
	telegram: TelegramEmulator;
	/** Every line of the log. */
	logged: string[];
}

export interface TelegramServerOptions {
	database: TestDatabase;
	/** Given: somebody else's, and not closed here. */
	telegram?: TelegramEmulator;
	/** `webhook`: the server has a public https address, and the emulator finds it on 127.0.0.1 all the same. */
	mode: "webhook" | "polling";
	topics?: boolean;
	env?: Record<string, string>;
}

export async function startTelegramServer(options: TelegramServerOptions): Promise<TelegramServer> {
	const { database, mode } = options;
	const telegram = options.telegram ?? (await startTelegramEmulator({ topicsInPrivateChats: options.topics === true }));
	const logged: string[] = [];
	const env = readEnv({
		PORT: "0",
		DATA_DIR: database.dataDir,
		TELEGRAM_BOT_TOKEN: telegram.token,
		TELEGRAM_BASE_URL: telegram.baseUrl,
		...(mode === "webhook" ? { PUBLIC_URL: "https://notify.example.com" } : {}),
		...options.env,
	});
	const limits = createHttpLimits({ requestsPerMinute: 1_000_000, codeSendsPerDay: 1_000_000 });
	const log = createLog("debug", { write: (line) => void logged.push(line) });
	telegram.pause();
	const server = await startServer({ env, database, log, limits });
	if (mode === "webhook") await leadHere(telegram, server);
	telegram.resume();
	return {
		server,
		telegram,
		logged,
		async [Symbol.asyncDispose]() {
			await server.close();
			if (options.telegram === undefined) await telegram[Symbol.asyncDispose]();
		},
	};
}

/** What the world's DNS would do for the server's public name. */
async function leadHere(telegram: TelegramEmulator, server: RunningServer): Promise<void> {
	const webhook = await until(
		() => telegram.webhook,
		20_000,
		() => "the server registered no webhook",
	);
	webhook["url"] = new URL(new URL(String(webhook["url"])).pathname, server.url).href;
}

export interface BegunLink {
	tempToken: string;
	verifier: string;
	link: string;
	/** What the link carries. */
	token: string;
}

/** /notify-setup telegram */
export async function beginByLink({ server }: Pick<TelegramServer, "server">): Promise<BegunLink> {
	const verifier = secret();
	const body = { mode: "remote", channel: "telegram", state: secret(24), code_challenge: challengeOf(verifier) };
	const answer = await post(server.url, "/login", body);
	const { temp_token: tempToken, link } = loginStarted.parse(answer.body);
	const token = new URL(link ?? "").searchParams.get("start") ?? "";
	return { tempToken, verifier, link: link ?? "", token };
}

/** /notify-pair */
export function exchange({ server }: Pick<TelegramServer, "server">, begun: BegunLink, code: string, machine: string) {
	return post(server.url, "/auth/exchange", {
		temp_token: begun.tempToken,
		pairing_code: code,
		code_verifier: begun.verifier,
		device: { name: machine, fingerprint: fingerprintOf(machine) },
	});
}

/** The person opens the link and the machine gets the code; in a group it is the same link with ?startgroup=. */
export async function pairByLink(rig: TelegramServer, person: Person, group?: Group) {
	const { telegram } = rig;
	const chat = group?.id ?? person.id;
	const begun = await beginByLink(rig);
	const before = telegram.sentTo(chat).length;
	if (group === undefined) await person.start(begun.token);
	else await person.send(`/start@${telegram.botUsername} ${begun.token}`, { chat: group });
	const message = await until(
		() =>
			telegram
				.sentTo(chat)
				.slice(before)
				.find(({ text }) => /\d{6}/.test(text)),
		20_000,
		() => `no code came; the log says:\n${rig.logged.join("")}`,
	);
	const machine = `machine of ${person.id}`;
	const answer = await exchange(rig, begun, codeIn(message.text), machine);
	const given = tokens.parse(answer.body);
	return { label: given.address_masked, headers: withToken(given.access_token, fingerprintOf(machine)) };
}

interface Turn {
	session: LiveSession;
	chat: number;
	words: string;
}

/** A turn of the session ends with these words, and the message about it is in the chat. */
export async function turnShown(rig: TelegramServer, { session, chat, words }: Turn): Promise<SentMessage> {
	const event = report("done", { message: words });
	const answer = await post(rig.server.url, `/v1/sessions/${session.id}/events`, event, session.headers);
	if (answer.body["outcome"] !== "queued") throw new Error(JSON.stringify(answer.body));
	return rig.telegram.waitForMessage(({ chatId, text }) => chatId === chat && text.includes(words));
}

/** The same, and the server knows the message's number. */
export async function turnOver(rig: TelegramServer, turn: Turn): Promise<SentMessage> {
	const { session } = turn;
	const message = await turnShown(rig, turn);
	const isStored = and(
		eq(deliveries.sessionId, session.id),
		eq(deliveries.providerId, String(message.messageId)),
		isNotNull(deliveries.sentAt),
	);
	await until(
		async () => (await rig.server.deps.db.$count(deliveries, isStored)) > 0,
		5000,
		() => "the message was not settled",
	);
	return message;
}
