import ky, { type Options } from "ky";
import type { z } from "zod";
import { ApiError, ServerUnreachable } from "./api-errors.ts";
import * as auth from "./contract/auth.ts";
import { errorBody } from "./contract/errors.ts";
import { type EventAccepted, eventAccepted, type ReportEvent, toldEvents } from "./contract/events.ts";
import { type InboxReceipt, inboxPage, inboxReceiptTaken } from "./contract/inbox.ts";
import * as sessions from "./contract/sessions.ts";
import * as settings from "./contract/settings.ts";

export interface ApiOptions {
	/** Base URL without a slash at its end. */
	server: string;
	/** SHA-256 of this machine, in hex: access tokens are bound to it. */
	fingerprint: string;
	/** For a whole request; long-polls get what they wait on top. Milliseconds. */
	timeoutMs?: number;
}

/** A session and the token that opens its routes. */
export interface SessionAccess {
	session_id: string;
	session_token: string;
}

interface Call {
	method: "get" | "post" | "put" | "patch" | "delete";
	token?: string;
	json?: unknown;
	searchParams?: Record<string, string | number>;
	/** Milliseconds that the server may hold the request open. */
	waitMs?: number;
	signal?: AbortSignal | undefined;
}

interface Answer {
	status: number;
	body: unknown;
	retryAfterMs: number | undefined;
}

/** An inbox page holds at most 20 replies of 1000 characters; nothing else comes near. */
const maxAnswer = 256 * 1024;

/** The only HTTP of the client. Every verb throws ServerUnreachable or ApiError, nothing else; what it gives was checked against the contract. */
export class ApiClient {
	readonly server: string;
	readonly #fingerprint: string;
	readonly #timeoutMs: number;

	constructor({ server, fingerprint, timeoutMs = 15_000 }: ApiOptions) {
		this.server = server;
		this.#fingerprint = fingerprint;
		this.#timeoutMs = timeoutMs;
	}

	/** The hosted pairing page. */
	loginUrl(query: z.infer<typeof auth.browserLogin>): string {
		return `${this.server}/login?${new URLSearchParams(query)}`;
	}

	async startRemoteLogin(json: z.infer<typeof auth.remoteLogin>) {
		return accept(auth.loginStarted, await this.#call("login", { method: "post", json }));
	}

	/** With a token the address is added to the token's user. */
	async exchange(login: Omit<z.infer<typeof auth.exchange>, "device">, deviceName: string, token?: string) {
		const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
		const json = { ...login, device: { name: deviceName, fingerprint: this.#fingerprint, time_zone: timeZone } };
		const call = { method: "post", json, ...(token === undefined ? {} : { token }) } as const;
		return accept(auth.tokens, await this.#call("auth/exchange", call));
	}

	async refresh(refreshToken: string, signal?: AbortSignal) {
		const json = { refresh_token: refreshToken, fingerprint: this.#fingerprint };
		return accept(auth.tokens, await this.#call("auth/refresh", { method: "post", json, signal }));
	}

	async logout(token: string) {
		return accept(auth.loggedOut, await this.#call("auth/logout", { method: "post", json: {}, token }));
	}

	async startSession(token: string, json: z.input<typeof sessions.startSession>) {
		return accept(sessions.sessionStarted, await this.#call("sessions/start", { method: "post", json, token }));
	}

	/** "All channels were limited" comes as 429 and is a result like the others. */
	async reportEvent(session: SessionAccess, event: ReportEvent, signal?: AbortSignal): Promise<EventAccepted> {
		const answer = await this.#call(`sessions/${session.session_id}/events`, {
			method: "post",
			json: event,
			token: session.session_token,
			signal,
		});
		const limited = answer.status === 429 ? eventAccepted.safeParse(answer.body) : undefined;
		return limited?.success === true ? limited.data : accept(eventAccepted, answer);
	}

	async heartbeat(session: SessionAccess, json: sessions.Heartbeat, signal?: AbortSignal) {
		const path = `sessions/${session.session_id}/heartbeat`;
		const answer = await this.#call(path, { method: "post", json, token: session.session_token, signal });
		return accept(sessions.heartbeatAnswer, answer);
	}

	async stopSession(session: SessionAccess, json: sessions.StopSession, signal?: AbortSignal) {
		const path = `sessions/${session.session_id}/stop`;
		const answer = await this.#call(path, { method: "post", json, token: session.session_token, signal });
		return accept(sessions.sessionSummary, answer);
	}

	/** Undefined when nothing came within `wait` seconds. */
	async readInbox(session: SessionAccess, query: { wait: number; after: number }, signal?: AbortSignal) {
		const answer = await this.#call(`sessions/${session.session_id}/inbox`, {
			method: "get",
			searchParams: query,
			token: session.session_token,
			waitMs: query.wait * 1000,
			signal,
		});
		return answer.status === 204 ? undefined : accept(inboxPage, answer);
	}

	async sendReceipt(session: SessionAccess, messageId: string, json: InboxReceipt, signal?: AbortSignal) {
		const path = `sessions/${session.session_id}/inbox/${messageId}/receipt`;
		const answer = await this.#call(path, { method: "post", json, token: session.session_token, signal });
		return accept(inboxReceiptTaken, answer);
	}

	async status(token: string) {
		return accept(sessions.accountStatus, await this.#call("status", { method: "get", token }));
	}

	async orderChannels(token: string, ids: string[]) {
		return accept(sessions.channelList, await this.#call("channels/order", { method: "put", json: { ids }, token }));
	}

	async removeChannel(token: string, id: string) {
		return accept(sessions.channelList, await this.#call(`channels/${id}`, { method: "delete", token }));
	}

	async settings(token: string) {
		return accept(settings.userSettings, await this.#call("settings", { method: "get", token }));
	}

	/** Values as they were typed; null brings a default back. */
	async changeSettings(token: string, json: Record<string, string | null>) {
		return accept(settings.userSettings, await this.#call("settings", { method: "patch", json, token }));
	}

	async mute(token: string, json: z.infer<typeof settings.mute>) {
		return accept(settings.muted, await this.#call("mute", { method: "post", json, token }));
	}

	/** The newest events, each with what became of it. */
	async toldEvents(session: SessionAccess, limit: number) {
		const call = { method: "get", token: session.session_token, searchParams: { limit } } as const;
		return accept(toldEvents, await this.#call(`sessions/${session.session_id}/events`, call));
	}

	async sendTest(token: string) {
		return accept(sessions.testStarted, await this.#call("test", { method: "post", json: {}, token }));
	}

	/** What became of one message, at the latest after `wait` seconds. */
	async delivery(token: string, id: string, wait: number) {
		const call = { method: "get", token, searchParams: { wait }, waitMs: wait * 1000 } as const;
		return accept(sessions.deliveryReport, await this.#call(`deliveries/${id}`, call));
	}

	async #call(path: string, { method, token, json, searchParams, waitMs = 0, signal }: Call): Promise<Answer> {
		const totalMs = this.#timeoutMs + waitMs;
		const deadline = AbortSignal.timeout(totalMs);
		const options: Options = {
			prefix: `${this.server}/v1`,
			method,
			// A redirect would carry the token to an address that nobody chose.
			redirect: "error",
			retry: 0,
			throwHttpErrors: false,
			timeout: false,
			signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
			headers: {
				accept: "application/json",
				...(token === undefined
					? {}
					: { authorization: `Bearer ${token}`, [auth.fingerprintHeader]: this.#fingerprint }),
			},
			...(json === undefined ? {} : { json }),
			...(searchParams === undefined ? {} : { searchParams }),
		};
		try {
			const response = await ky(path, options);
			const body = await readJson(response);
			return { status: response.status, body, retryAfterMs: retryAfter(response.headers.get("retry-after")) };
		} catch (error) {
			const what = deadline.aborted ? `no answer within ${Math.round(totalMs / 1000)} s` : networkReason(error);
			throw new ServerUnreachable(`${this.server} cannot be reached: ${what}`, { cause: error });
		}
	}
}

function accept<T>(schema: z.ZodType<T>, { status, body, retryAfterMs }: Answer): T {
	if (status >= 200 && status < 300) {
		const answer = schema.safeParse(body);
		if (answer.success) return answer.data;
		throw new ServerUnreachable("The server's answer is not one that this plugin understands.", {
			cause: answer.error,
		});
	}
	const refusal = errorBody.safeParse(body);
	if (!refusal.success)
		throw new ServerUnreachable(`HTTP ${status} without an answer of claude-notify`, { retryAfterMs });
	throw new ApiError(status, refusal.data, retryAfterMs);
}

async function readJson(response: Response): Promise<unknown> {
	if (response.body === null || response.status === 204) return undefined;
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of response.body) {
		size += chunk.byteLength;
		if (size > maxAnswer) throw new Error("the answer is too long");
		chunks.push(chunk);
	}
	try {
		return JSON.parse(Buffer.concat(chunks).toString("utf8"));
	} catch {
		return undefined;
	}
}

function retryAfter(header: string | null): number | undefined {
	const seconds = Number(header ?? "");
	return header !== null && Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3600) * 1000 : undefined;
}

/** fetch hides the reason (ECONNREFUSED, CERT_HAS_EXPIRED …) in its causes. */
function networkReason(error: unknown): string {
	for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth++) {
		if ("code" in at && typeof at.code === "string") return at.code;
		const [first]: unknown[] = at instanceof AggregateError ? at.errors : [];
		if (first instanceof Error && "code" in first && typeof first.code === "string") return first.code;
	}
	return error instanceof Error ? error.message : "unknown reason";
}
