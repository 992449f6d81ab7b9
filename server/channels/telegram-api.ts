import { Api, GrammyError, HttpError } from "grammy";
import { z } from "zod";
import { telegramFetch } from "./telegram-fetch.ts";

/** What Telegram's refusal says. `description` is its own sentence: to be looked at, never passed on. */
export interface Refusal {
	/** Telegram's error_code, mostly the HTTP status; 0 when there was no answer that could be read. */
	status: number;
	description: string;
	retryAfterSeconds: number | undefined;
	/** The group is a supergroup now, and this is its id. */
	migratedTo: number | undefined;
}

export type Answer<T> = { ok: true; result: T } | { ok: false; refusal: Refusal };

/** The bot itself, as getMe has it. */
export interface Me {
	id: number;
	username: string;
	/** Private chats with it have topics. */
	has_topics_enabled: boolean;
}

export interface TelegramOptions {
	token: string;
	/** Instead of https://api.telegram.org: an emulator or a proxy. */
	baseUrl: URL | undefined;
}

type Work<T> = (api: Api, signal: Parameters<Api["getMe"]>[0]) => Promise<T>;

const sizes = {
	/** The answer to a message repeats it, at up to six bytes a character. */
	call: 65_536,
	/** 20 updates, each with the message that it answers. */
	poll: 4 * 1024 * 1024,
};
const seconds = {
	/** Backstop under the caller's signal. */
	call: 10,
	/** How long Telegram keeps a poll open, and the backstop over it. */
	poll: 25,
	pollBackstop: 35,
};
/** BotFather's switch for topics is looked at again after so long. */
const meMaxAgeMs = 3_600_000;

const me = z.object({ id: z.int(), username: z.string(), has_topics_enabled: z.boolean().default(false) });
const updates = z.array(z.looseObject({ update_id: z.int() }));
export type RawUpdate = z.infer<typeof updates>[number];

const unreadable: Refusal = { status: 0, description: "", retryAfterSeconds: undefined, migratedTo: undefined };

/** grammY's client with bounded answers and without its errors, which hold the token. It follows no redirect. */
export class TelegramApi {
	readonly #calls: Api;
	readonly #polls: Api;
	#me: { known: Me; until: number } | undefined;

	constructor({ token, baseUrl }: TelegramOptions) {
		const root = baseUrl === undefined ? {} : { apiRoot: baseUrl.href.replace(/\/+$/, "") };
		const options = (timeoutSeconds: number, size: number) =>
			({ ...root, timeoutSeconds, fetch: telegramFetch(size) }) as const;
		this.#calls = new Api(token, options(seconds.call, sizes.call));
		this.#polls = new Api(token, options(seconds.pollBackstop, sizes.poll));
	}

	/** Calls once. What Telegram can do is in the answer; a throw is a bug. */
	call<T>(signal: AbortSignal, shape: z.ZodType<T>, work: Work<unknown>): Promise<Answer<T>> {
		return answered(shape, () => work(this.#calls, grammySignal(signal)));
	}

	/** Waits for updates from this id on; those before it are confirmed, and Telegram forgets them. */
	poll(offset: number, allowed_updates: readonly Allowed[], signal: AbortSignal): Promise<Answer<RawUpdate[]>> {
		const wish = { offset, limit: 20, timeout: seconds.poll, allowed_updates };
		return answered(updates, () => this.#polls.getUpdates(wish, grammySignal(signal)));
	}

	async me(signal: AbortSignal): Promise<Answer<Me>> {
		if (this.#me !== undefined && performance.now() < this.#me.until) return { ok: true, result: this.#me.known };
		const answer = await this.call(signal, me, (api, abort) => api.getMe(abort));
		if (answer.ok) this.#me = { known: answer.result, until: performance.now() + meMaxAgeMs };
		return answer;
	}
}

type Allowed = NonNullable<NonNullable<Parameters<Api["getUpdates"]>[0]>["allowed_updates"]>[number];

async function answered<T>(shape: z.ZodType<T>, work: () => Promise<unknown>): Promise<Answer<T>> {
	try {
		const parsed = shape.safeParse(await work());
		return parsed.success ? { ok: true, result: parsed.data } : { ok: false, refusal: unreadable };
	} catch (error) {
		return { ok: false, refusal: refusalIn(error) };
	}
}

const refused = z.object({
	error_code: z.int(),
	description: z.string().catch(""),
	parameters: z.object({ retry_after: z.int().min(0).optional(), migrate_to_chat_id: z.int().optional() }).catch({}),
});

/** The SDK's own object goes no further: an HttpError holds the URL, and with it the token. */
function refusalIn(error: unknown): Refusal {
	if (error instanceof HttpError) return unreadable;
	if (!(error instanceof GrammyError)) {
		throw new Error(`grammY failed with ${error instanceof Error ? error.name : "a value that is no error"}.`);
	}
	const { data } = refused.safeParse(error);
	if (data === undefined) return unreadable;
	const { error_code: status, description, parameters } = data;
	const { retry_after: retryAfterSeconds, migrate_to_chat_id: migratedTo } = parameters;
	return { status, description, retryAfterSeconds, migratedTo };
}

/** grammY types its signal after the abort-controller package; at run time it only listens for `abort`, which Node's own has. */
function grammySignal(signal: AbortSignal): Parameters<Api["getMe"]>[0] {
	return signal as unknown as Parameters<Api["getMe"]>[0];
}
