import type { z } from "zod";
import { type ApiOptions, accept, callServer } from "./api-call.ts";
import * as approvals from "./contract/approvals.ts";
import { auditPage } from "./contract/audit.ts";
import * as auth from "./contract/auth.ts";
import * as commands from "./contract/commands.ts";
import { type EventAccepted, eventAccepted, type ReportEvent, toldEvents } from "./contract/events.ts";
import { type InboxReceipt, inboxPage, inboxReceiptTaken } from "./contract/inbox.ts";
import * as sessions from "./contract/sessions.ts";
import * as settings from "./contract/settings.ts";
import * as logs from "./contract/task-logs.ts";
import type { TaskUpdate } from "./contract/task-update.ts";
import * as tasks from "./contract/tasks.ts";

/** Some megabytes take their time on a slow line. */
const uploadMs = 60_000;

/** A session and the token that opens its routes. */
export interface SessionAccess {
	session_id: string;
	session_token: string;
}

/** The only HTTP of the client. Every verb throws ServerUnreachable or ApiError, nothing else; what it gives was checked against the contract. */
export class ApiClient {
	readonly server: string;
	readonly #options: ApiOptions;

	constructor(options: ApiOptions) {
		this.server = options.server;
		this.#options = options;
	}

	/** The hosted pairing page. */
	loginUrl(query: z.infer<typeof auth.browserLogin>): string {
		return `${this.server}/login?${new URLSearchParams(query)}`;
	}

	async startRemoteLogin(json: z.infer<typeof auth.remoteLogin>) {
		return accept(auth.loginStarted, await callServer(this.#options, "login", { method: "post", json }));
	}

	/** With a token the address is added to the token's user. */
	async exchange(login: Omit<z.infer<typeof auth.exchange>, "device">, deviceName: string, token?: string) {
		const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
		const json = {
			...login,
			device: { name: deviceName, fingerprint: this.#options.fingerprint, time_zone: timeZone },
		};
		const call = { method: "post", json, ...(token === undefined ? {} : { token }) } as const;
		return accept(auth.tokens, await callServer(this.#options, "auth/exchange", call));
	}

	async refresh(refreshToken: string, signal?: AbortSignal) {
		const json = { refresh_token: refreshToken, fingerprint: this.#options.fingerprint };
		return accept(auth.tokens, await callServer(this.#options, "auth/refresh", { method: "post", json, signal }));
	}

	async logout(token: string) {
		return accept(auth.loggedOut, await callServer(this.#options, "auth/logout", { method: "post", json: {}, token }));
	}

	async startSession(token: string, json: z.input<typeof sessions.startSession>) {
		return accept(
			sessions.sessionStarted,
			await callServer(this.#options, "sessions/start", { method: "post", json, token }),
		);
	}

	/** "All channels were limited" comes as 429 and is a result like the others. */
	async reportEvent(session: SessionAccess, event: ReportEvent, signal?: AbortSignal): Promise<EventAccepted> {
		const answer = await callServer(this.#options, `sessions/${session.session_id}/events`, {
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
		const answer = await callServer(this.#options, path, {
			method: "post",
			json,
			token: session.session_token,
			signal,
		});
		return accept(sessions.heartbeatAnswer, answer);
	}

	async stopSession(session: SessionAccess, json: sessions.StopSession, signal?: AbortSignal) {
		const path = `sessions/${session.session_id}/stop`;
		const answer = await callServer(this.#options, path, {
			method: "post",
			json,
			token: session.session_token,
			signal,
		});
		return accept(sessions.sessionSummary, answer);
	}

	/** Undefined when nothing came within `wait` seconds. */
	async readInbox(session: SessionAccess, query: { wait: number; after: number }, signal?: AbortSignal) {
		const answer = await callServer(this.#options, `sessions/${session.session_id}/inbox`, {
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
		const answer = await callServer(this.#options, path, {
			method: "post",
			json,
			token: session.session_token,
			signal,
		});
		return accept(inboxReceiptTaken, answer);
	}

	/** Asks the phone. The same id again gets the same approval. */
	async openApproval(session: SessionAccess, json: z.input<typeof approvals.openApproval>, signal?: AbortSignal) {
		const path = `sessions/${session.session_id}/approvals`;
		const call = { method: "post", json, token: session.session_token, signal } as const;
		return accept(approvals.approvalOpened, await callServer(this.#options, path, call));
	}

	/** The approval as soon as it is no longer open, at the latest after `wait` seconds. */
	async approval(session: SessionAccess, id: string, wait: number, signal?: AbortSignal) {
		const path = `sessions/${session.session_id}/approvals/${id}`;
		const token = session.session_token;
		const call = { method: "get", token, searchParams: { wait }, waitMs: wait * 1000, signal } as const;
		return accept(approvals.approval, await callServer(this.#options, path, call));
	}

	/** The phone need not answer any more. */
	async withdrawApproval(session: SessionAccess, id: string, json: z.input<typeof approvals.withdrawApproval>) {
		const path = `sessions/${session.session_id}/approvals/${id}/withdraw`;
		const call = { method: "post", json, token: session.session_token } as const;
		return accept(approvals.approval, await callServer(this.#options, path, call));
	}

	/** What the session made of the phone's decision. */
	async sendApprovalReceipt(session: SessionAccess, id: string, json: z.infer<typeof approvals.approvalReceipt>) {
		const path = `sessions/${session.session_id}/approvals/${id}/receipt`;
		const call = { method: "post", json, token: session.session_token } as const;
		return accept(approvals.approval, await callServer(this.#options, path, call));
	}

	async audit(token: string, limit: number) {
		const call = { method: "get", token, searchParams: { limit } } as const;
		return accept(auditPage, await callServer(this.#options, "audit", call));
	}

	async status(token: string) {
		return accept(sessions.accountStatus, await callServer(this.#options, "status", { method: "get", token }));
	}

	/** A token that sends commands to one session of the user's own. */
	async replyToken(token: string, sessionId: string) {
		const path = `sessions/${sessionId}/reply-token`;
		return accept(
			commands.replyTokenIssued,
			await callServer(this.#options, path, { method: "post", json: {}, token }),
		);
	}

	/** A text into the session of the reply token; with the same key again it changes nothing. */
	async sendCommand(replyToken: string, json: z.infer<typeof commands.postCommand>, idempotencyKey: string) {
		const call = { method: "post", json, token: replyToken, idempotencyKey } as const;
		return accept(commands.commandQueued, await callServer(this.#options, "commands", call));
	}

	async orderChannels(token: string, ids: string[]) {
		return accept(
			sessions.channelList,
			await callServer(this.#options, "channels/order", { method: "put", json: { ids }, token }),
		);
	}

	async removeChannel(token: string, id: string) {
		return accept(sessions.channelList, await callServer(this.#options, `channels/${id}`, { method: "delete", token }));
	}

	async settings(token: string) {
		return accept(settings.userSettings, await callServer(this.#options, "settings", { method: "get", token }));
	}

	/** Values as they were typed; null brings a default back. */
	async changeSettings(token: string, json: Record<string, string | null>) {
		return accept(settings.userSettings, await callServer(this.#options, "settings", { method: "patch", json, token }));
	}

	async mute(token: string, json: z.infer<typeof settings.mute>) {
		return accept(settings.muted, await callServer(this.#options, "mute", { method: "post", json, token }));
	}

	/** The newest events, each with what became of it. */
	async toldEvents(session: SessionAccess, limit: number) {
		const call = { method: "get", token: session.session_token, searchParams: { limit } } as const;
		return accept(toldEvents, await callServer(this.#options, `sessions/${session.session_id}/events`, call));
	}

	async startTask(token: string, json: z.input<typeof tasks.startTask>, signal?: AbortSignal) {
		const call = { method: "post", json, token, signal } as const;
		return accept(tasks.taskStarted, await callServer(this.#options, "tasks", call));
	}

	async finishTask(token: string, json: tasks.TaskFinished, signal?: AbortSignal) {
		const call = { method: "patch", json, token, signal } as const;
		return accept(tasks.told, await callServer(this.#options, `tasks/${json.task_id}`, call));
	}

	async updateTask(token: string, json: TaskUpdate, signal?: AbortSignal) {
		const call = { method: "post", json, token, signal } as const;
		return accept(tasks.told, await callServer(this.#options, `tasks/${json.task_id}/updates`, call));
	}

	/** The whole output of a task. */
	async keepLog(token: string, id: string, gzip: Uint8Array<ArrayBuffer>) {
		const call = { method: "put", token, gzip, waitMs: uploadMs } as const;
		return accept(logs.taskLog, await callServer(this.#options, `tasks/${id}/log`, call));
	}

	async keepLogDigest(token: string, id: string, json: logs.LogDigest) {
		const call = { method: "put", token, json } as const;
		return accept(logs.taskLog, await callServer(this.#options, `tasks/${id}/log/digest`, call));
	}

	/** A text to the user's own channels. */
	async notify(token: string, json: z.input<typeof tasks.notification>) {
		return accept(tasks.told, await callServer(this.#options, "notifications", { method: "post", json, token }));
	}

	async sendTest(token: string) {
		return accept(sessions.testStarted, await callServer(this.#options, "test", { method: "post", json: {}, token }));
	}

	/** What became of one message, at the latest after `wait` seconds. */
	async delivery(token: string, id: string, wait: number) {
		const call = { method: "get", token, searchParams: { wait }, waitMs: wait * 1000 } as const;
		return accept(sessions.deliveryReport, await callServer(this.#options, `deliveries/${id}`, call));
	}
}
