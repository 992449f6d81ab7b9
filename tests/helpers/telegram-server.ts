import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { recordRequest } from "./record-requests.ts";
import { judge } from "./telegram-fields.ts";
import { methods } from "./telegram-methods.ts";
import { badRequest, type Params, Refusal, stringsOf, swallowed, wrongToken } from "./telegram-rules.ts";
import {
	answerJson,
	answerRefusal,
	type LateMisbehaviour,
	type Misbehaviour,
	methodInAnswer,
	misbehave,
	type WebhookAnswer,
} from "./telegram-wire.ts";
import type { TelegramWorld } from "./telegram-world.ts";

/** One request as the emulator answered it; status 0 where the answer was none or was lost. */
export interface Attempt {
	method: string;
	params: Params;
	status: number;
	/** Of the refusal. */
	description: string | undefined;
}

/** The vendor has these; the emulator does not, and says so. */
const notEmulated = [
	"business_connection_id",
	"direct_messages_topic_id",
	"suggested_post_parameters",
	"message_effect_id",
	"inline_message_id",
	"rich_message",
	"certificate",
];

function isLate(how: Misbehaviour | undefined): how is LateMisbehaviour {
	return how?.kind === "lost_answer" || how?.kind === "slow";
}

function parsedObject(text: string): Params | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Params) : undefined;
	} catch {
		return undefined;
	}
}

/** The HTTP side: reads, judges, calls the method, answers. */
export class TelegramServer {
	readonly attempts: Attempt[] = [];
	readonly violations: string[] = [];
	readonly next: Misbehaviour[] = [];
	readonly #world: TelegramWorld;
	readonly #token: string;
	readonly #record: boolean;
	readonly #running = new Set<Promise<unknown>>();
	readonly #server = createServer((request, response) => this.#track(this.#serve(request, response)));

	constructor(world: TelegramWorld, token: string, record: boolean) {
		this.#world = world;
		this.#token = token;
		this.#record = record;
		world.queue.onAnswer = (answer) => this.#obey(answer);
	}

	async listen(): Promise<string> {
		await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	async close(): Promise<void> {
		const closed = new Promise((done) => this.#server.close(done));
		this.#server.closeAllConnections();
		await closed;
	}

	async settled(): Promise<void> {
		while (this.#running.size > 0) await Promise.all(this.#running);
	}

	get busy(): boolean {
		return this.#running.size > 0;
	}

	#track(work: Promise<unknown>): void {
		const tracked = work.catch((error: unknown) => this.violations.push(String(error)));
		this.#running.add(tracked);
		void tracked.then(() => this.#running.delete(tracked));
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const gone = new AbortController();
		response.on("close", () => gone.abort());
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		// Fatal: bytes that are no UTF-8 are a bug of the sender.
		const body = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
		const path = request.url ?? "";
		const contentType = request.headers["content-type"] ?? "";
		const seen = { method: request.method ?? "", path, contentType, body };
		if (this.#record) recordRequest({ provider: "telegram", ...seen });
		const called = this.#readCall(seen);
		if (called instanceof Refusal) {
			this.violations.push(`${seen.method} ${path.replace(/\/bot[^/]*/, "/bot***")}: ${called.description}`);
			return answerRefusal(response, called);
		}
		// A waiting getUpdates is no work under way.
		const work = this.#answer(called.method, called.params, response, gone.signal);
		if (called.method === "getUpdates") void work.catch((error: unknown) => this.violations.push(String(error)));
		else await work;
	}

	/** The method and its params, or what is wrong before the method is even looked at. */
	#readCall(request: { method: string; path: string; contentType: string; body: string }) {
		const [, token, method = ""] = /^\/bot([^/?]*)\/([^/?]+)$/.exec(request.path) ?? [];
		if (token === undefined) return new Refusal(404, "Not Found");
		const refused = wrongToken(token, this.#token);
		if (refused !== undefined) return refused;
		if (!methods.has(method)) return new Refusal(404, "Not Found: method not found");
		if (request.method !== "POST" || !/^application\/json\b/.test(request.contentType)) {
			return badRequest("the emulator takes POST with JSON only");
		}
		const params = parsedObject(request.body);
		return params === undefined ? badRequest("can't parse JSON object") : { method, params };
	}

	async #answer(method: string, params: Params, response: ServerResponse, gone: AbortSignal): Promise<void> {
		const attempt: Attempt = { method, params, status: 0, description: undefined };
		this.attempts.push(attempt);
		const misbehaviour = this.#takeNext(method);
		if (misbehaviour !== undefined && !isLate(misbehaviour)) {
			this.#judge(method, params);
			if (misbehaviour.kind === "answer") attempt.status = misbehaviour.status;
			return misbehave(misbehaviour, response);
		}
		try {
			const result = await this.#call(method, params, gone);
			if (misbehaviour?.kind === "lost_answer") {
				response.destroy();
				return;
			}
			if (misbehaviour !== undefined) await sleep(misbehaviour.ms, undefined, { signal: gone }).catch(() => undefined);
			attempt.status = 200;
			answerJson(response, 200, { ok: true, result });
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			Object.assign(attempt, { status: error.code, description: error.description });
			answerRefusal(response, error);
		}
	}

	#takeNext(method: string): Misbehaviour | undefined {
		const index = this.next.findIndex((how) => (how.on ?? "sendMessage") === method);
		return index === -1 ? undefined : this.next.splice(index, 1)[0];
	}

	/** The vendor's answer to a call, judged on its way out too. */
	async #call(method: string, params: Params, gone: AbortSignal): Promise<unknown> {
		this.#judgeOrRefuse(method, params);
		this.#world.checkFlood(params["chat_id"]);
		try {
			return structuredClone(await methods.get(method)?.(this.#world, params, gone));
		} catch (error) {
			if (error instanceof Refusal && error.silent) this.violations.push(`${method}: ${error.description}`);
			throw error;
		}
	}

	/** Notes everything about the request that the vendor would not even have mentioned; returns it. */
	#judge(method: string, params: Params): string[] {
		const strange = notEmulated.filter((name) => params[name] !== undefined);
		const problems = [...judge(params, method), ...strange.map((name) => `${method}.${name} is not emulated`)];
		const strings = stringsOf(params);
		if (strings.some((text) => !text.isWellFormed())) problems.push("strings must be encoded in UTF-8");
		this.violations.push(...problems);
		if (strings.some((text) => text.includes("\uFFFD"))) {
			this.violations.push(`${method}: a string holds a replacement character`);
		}
		return problems;
	}

	#judgeOrRefuse(method: string, params: Params): void {
		const problems = this.#judge(method, params);
		if (problems.length > 0) throw badRequest(problems.join("; "));
	}

	/** Carries out the method call that a webhook answered. Its caller never learns what came of it, so a refusal is a violation. */
	async #obey(answer: WebhookAnswer): Promise<void> {
		const { method: name, ...params } = methodInAnswer(answer) ?? {};
		if (name === undefined) return;
		const method = String(name);
		const attempt: Attempt = { method, params, status: 200, description: undefined };
		this.attempts.push(attempt);
		try {
			if (!methods.has(method) || method.startsWith("get") || method.endsWith("Webhook")) {
				throw swallowed(`a webhook can't answer with ${method}`);
			}
			await this.#call(method, params, new AbortController().signal);
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			Object.assign(attempt, { status: error.code, description: error.description });
			this.violations.push(`webhook's answer ${method}: ${error.description}`);
		}
	}
}
