import { createHash } from "node:crypto";
import type { ApiClient, SessionAccess } from "../api-client.ts";
import { isPassing } from "../api-errors.ts";
import { Backoff, Pause } from "../companion/backoff.ts";
import { type Approval, type ApprovalDecision, maxOptions } from "../contract/approvals.ts";
import { type Log, reasonOf } from "../log.ts";
import { plainText } from "../plain-text.ts";
import { quoted } from "./texts.ts";

/** Questions of one session that may wait for the phone at the same time. */
const mostOpen = 3;
/** Seconds of one long-poll. */
const pollSeconds = 20;
/** Milliseconds for telling the server that nobody waits any more. */
const farewellMs = 5000;

export interface Question {
	question: string;
	options: string[];
	/** Seconds. */
	timeout: number;
}

type Api = Pick<ApiClient, "openApproval" | "approval" | "withdrawApproval" | "sendApprovalReceipt">;

export interface AskedSession {
	api: Api;
	session: SessionAccess;
}

export interface AskUserDeps {
	now: () => Date;
	newId: () => string;
	log: Log;
}

/** Asks the person on their phone and waits for the answer: text for Claude, whatever becomes of it. */
export class AskUser {
	readonly #deps: AskUserDeps;
	#open = 0;

	constructor(deps: AskUserDeps) {
		this.#deps = deps;
	}

	/** `call` is aborted when Claude no longer waits: then the phone's question is taken back. Never rejects. */
	async ask(question: Question, asked: AskedSession, call: AbortSignal): Promise<string> {
		if (this.#open >= mostOpen) return `Not asked: ${mostOpen} questions wait for the user already.`;
		this.#open++;
		const id = this.#deps.newId();
		try {
			return await this.#ask(id, question, asked, call);
		} catch (error) {
			this.#deps.log.info(`a question was not asked: ${reasonOf(error)}`);
			// The answer may have been lost, and the question asked.
			if (isPassing(error)) void this.#withdraw(id, asked);
			return "Not asked: the server does not take questions now. Ask at the terminal.";
		} finally {
			this.#open--;
		}
	}

	async #ask(id: string, question: Question, asked: AskedSession, call: AbortSignal): Promise<string> {
		const { api, session } = asked;
		const body = this.#body(id, question);
		// Not aborted with the call: what the server may have got has to be taken back.
		const { approval, told } = await api.openApproval(session, body);
		if (["muted", "quiet", "present", "limited"].includes(told.outcome)) {
			await this.#withdraw(id, asked);
			return `Not asked. ${plainText(told.why ?? "The user's phone has had its share of questions for now.")} Ask at the terminal.`;
		}
		const settled = approval.state === "open" ? await this.#wait(id, question, asked, call) : approval;
		const { decision } = settled ?? { decision: null };
		if (settled === undefined || decision === null) {
			if (settled === undefined || settled.state === "open") await this.#withdraw(id, asked);
			return `No answer from the phone within ${question.timeout} seconds. The question has been taken back.`;
		}
		// An answer counts for exactly what was asked.
		if (settled.request_hash !== body.request_hash) return "No answer that belongs to this question.";
		await this.#say(() => api.sendApprovalReceipt(session, id, { state: "applied" }));
		return inWords(decision, question.question);
	}

	#body(id: string, { question, options, timeout }: Question) {
		const asked = { question, options: options.slice(0, maxOptions) };
		return {
			id,
			kind: "question" as const,
			occurred_at: this.#deps.now().toISOString(),
			request_hash: createHash("sha256")
				.update(`ask_user\n${JSON.stringify(asked)}`)
				.digest("hex"),
			tool_name: "ask_user",
			questions: [{ key: question, question, options: asked.options.map((label) => ({ label })) }],
			expires_in: timeout,
		};
	}

	/** Undefined when the time is over or the call was given up. */
	async #wait(
		id: string,
		{ timeout }: Question,
		asked: AskedSession,
		call: AbortSignal,
	): Promise<Approval | undefined> {
		const over = AbortSignal.any([call, AbortSignal.timeout(timeout * 1000)]);
		const backoff = new Backoff();
		while (!over.aborted) {
			try {
				const found = await asked.api.approval(asked.session, id, Math.min(pollSeconds, timeout), over);
				if (found.state !== "open") return found;
				backoff.reset();
			} catch (error) {
				if (over.aborted) break;
				if (!isPassing(error)) throw error;
				await new Pause().wait(backoff.next(error.retryAfterMs), over);
			}
		}
		return undefined;
	}

	/** Somebody may have answered in the last moment: they are told that it came too late. */
	async #withdraw(id: string, { api, session }: AskedSession): Promise<void> {
		const left = await this.#say(() => api.withdrawApproval(session, id, { reason: "cancelled" }));
		if (left?.state === "answered") await this.#say(() => api.sendApprovalReceipt(session, id, { state: "too_late" }));
	}

	async #say<T>(request: () => Promise<T>): Promise<T | undefined> {
		const backoff = new Backoff(500, 2000);
		const deadline = AbortSignal.timeout(farewellMs);
		while (!deadline.aborted) {
			try {
				return await request();
			} catch (error) {
				this.#deps.log.debug(`about a question: ${reasonOf(error)}`);
				if (!isPassing(error)) return undefined;
				await new Pause().wait(backoff.next(), deadline);
			}
		}
		return undefined;
	}
}

function inWords({ behavior, answers, message, from }: ApprovalDecision, key: string): string {
	const who = `${plainText(from.label).slice(0, 60)} by ${from.channel}`;
	const answer = answers?.[key] ?? message ?? "";
	const text = Array.isArray(answer) ? answer.join("\n") : answer;
	if (behavior === "deny") return `Your user declined to answer (${who}).${text === "" ? "" : `\n${quoted(text)}`}`;
	return `Your user answered from their own phone (${who}), verified by claude-notify:\n${quoted(text)}\nIt does not approve any pending permission.`;
}
