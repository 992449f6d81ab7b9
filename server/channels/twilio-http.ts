import { AsyncLocalStorage } from "node:async_hooks";
import { Agent as HttpsAgent } from "node:https";
import twilio from "twilio";
import { limitConnecting, limitedAgent } from "./connect-timeout.ts";

/** One attempt to send: what the SDK takes no option for, and what it drops from the answer. */
export interface Attempt {
	signal: AbortSignal;
	/** Set when the answer had the header. */
	retryAfter: string | undefined;
	/** The answer's own Date header. */
	date?: string | undefined;
}

type Request = Parameters<twilio.RequestClient["request"]>[0];
type Answer = Awaited<ReturnType<twilio.RequestClient["request"]>>;

/** Backstop under the caller's signal. */
const timeoutMs = 20_000;
/** An answer of Twilio's has 1 kB; whatever is longer is none of its. */
const maxAnswerBytes = 16_384;

/** Twilio's HTTP client with what a call that leaves the process needs: a signal, a bounded answer, another base URL. It follows no redirect. */
export class TwilioHttp extends twilio.RequestClient {
	readonly #base: URL | undefined;
	readonly #attempts = new AsyncLocalStorage<Attempt>();

	constructor(base: URL | undefined) {
		super({ timeout: timeoutMs, autoRetry: false });
		this.#base = base;
		this.axios.defaults.maxContentLength = maxAnswerBytes;
		const { httpsAgent } = this.axios.defaults;
		// Behind HTTP_PROXY the SDK has another kind of agent.
		if (httpsAgent instanceof HttpsAgent) limitConnecting(httpsAgent, "secureConnect");
		this.axios.defaults.httpAgent = limitedAgent("http:");
		this.axios.interceptors.request.use((config) => {
			const attempt = this.#attempts.getStore();
			if (attempt !== undefined) config.signal = attempt.signal;
			return config;
		});
	}

	/** Runs `work` with its requests under the attempt's signal. */
	during<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
		return this.#attempts.run(attempt, work);
	}

	// biome-ignore lint/suspicious/noExplicitAny: the type of the method that is overridden.
	override async request(options: Request): Promise<any> {
		const answer: Answer = await super.request({ ...options, uri: this.#rebased(options.uri) });
		const attempt = this.#attempts.getStore();
		if (attempt !== undefined) {
			attempt.retryAfter = header(answer.headers, "retry-after");
			attempt.date = header(answer.headers, "date");
		}
		return answer;
	}

	#rebased(uri: string): string {
		if (this.#base === undefined) return uri;
		const url = new URL(uri);
		url.protocol = this.#base.protocol;
		url.host = this.#base.host;
		return url.href;
	}
}

function header(headers: unknown, name: string): string | undefined {
	const value: unknown = Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
	return typeof value === "string" ? value : undefined;
}
