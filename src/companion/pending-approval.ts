import { type ApiError, isGone, isPassing, type ServerUnreachable } from "../api-errors.ts";
import type { Approval, ApprovalDecision, OpenApproval, WithdrawApproval } from "../contract/approvals.ts";
import { reasonOf } from "../log.ts";
import type { ApprovalRequest, ToolRun } from "./approval-request.ts";
import type { ApprovalsDeps } from "./approvals.ts";
import { Backoff, Pause } from "./backoff.ts";
import { patiently } from "./patiently.ts";

type Withdrawal = Pick<WithdrawApproval, "reason"> & Partial<WithdrawApproval>;

/** Seconds in which the phone may answer: beside an open dialog, in a run that stands still, in place of a dialog. */
const patience = { open: 3600, headless: 600, held: 300 };
/** A server that does not answer at once may hold nothing back. */
const heldOpenMs = 5000;
/** Seconds of one long-poll; shorter where somebody may come back to a dialog that is held. */
const pollSeconds = { open: 20, held: 5 };
/** Nobody has been told. */
const untold = ["muted", "quiet", "present", "limited"];

/** One request: from telling the phone until it is known what became of its answer. */
export class PendingApproval {
	readonly id: string;
	/** Resolves when the server has heard how it ended. Never rejects. */
	readonly closed: Promise<void>;
	readonly #deps: ApprovalsDeps & { tell: () => void };
	readonly #request: ApprovalRequest;
	readonly #over = new AbortController();
	readonly #pause = new Pause();
	#close: () => void = () => undefined;
	/** Undefined while nobody knows whether the server has it. */
	#opened: Promise<boolean> | undefined;
	#decided: ApprovalDecision["behavior"] | undefined;
	#sawSuchTool = false;

	constructor(deps: ApprovalsDeps & { tell: () => void }, request: ApprovalRequest) {
		this.#deps = deps;
		this.#request = request;
		this.id = deps.newId();
		this.closed = new Promise((resolve) => {
			this.#close = resolve;
		});
	}

	/** The person's answer; undefined once it is no longer asked for. Other errors than the server's are thrown. */
	async decision(): Promise<ApprovalDecision | undefined> {
		const settled = new Promise<undefined>((resolve) => {
			if (this.#over.signal.aborted) resolve(undefined);
			this.#over.signal.addEventListener("abort", () => resolve(undefined), { once: true });
		});
		const decision = await Promise.race([this.#ask(), settled]);
		if (decision === undefined || this.#over.signal.aborted) {
			if (!this.#over.signal.aborted) this.#end();
			return undefined;
		}
		this.#decided = decision.behavior;
		return decision;
	}

	/** What the hook's answer became. A dialog that was open may have been answered meanwhile: then the tools tell. */
	used(isUsed: boolean): void {
		if (!isUsed) this.#receipt("too_late");
		else if (!this.#isOpenDialog) this.#receipt("applied");
	}

	/** The phone need not answer any more. */
	settle(withdrawal: Withdrawal): void {
		if (this.#over.signal.aborted) return;
		const decided = this.#decided;
		this.#over.abort();
		this.#pause.wake();
		if (decided !== undefined) this.#close();
		else this.#withdraw(withdrawal).catch((error: unknown) => this.#deps.log.error(reasonOf(error)));
	}

	isFrom(agentId: string): boolean {
		return this.#request.agentId === agentId;
	}

	isFor(toolName: string): boolean {
		return this.#request.toolName === toolName;
	}

	/** A question's and a plan's input is another one after the answer. */
	matches({ hash }: ToolRun): boolean {
		return this.#request.kind !== "permission" || this.#request.hash === hash;
	}

	/** It ran, so somebody has allowed it. */
	toolRan(): void {
		const outcome = this.#request.kind === "question" ? "answered" : "allowed";
		if (this.#decided === undefined) this.settle({ reason: "terminal", outcome });
		else this.#receipt(this.#decided === "allow" ? "applied" : "too_late");
	}

	/** The same tool ran with another input: perhaps this one, changed at the terminal. */
	sawSuchTool(): void {
		this.#sawSuchTool = true;
	}

	batchEnded(): void {
		const outcome = this.#sawSuchTool ? "unknown" : "denied";
		if (this.#decided === undefined) this.settle({ reason: "terminal", outcome });
		else this.#receipt((this.#decided === "allow") === this.#sawSuchTool ? "applied" : "too_late");
	}

	turnEnded(): void {
		if (this.#decided === undefined) this.settle({ reason: "turn_ended" });
		else this.#receipt("applied");
	}

	personReturned(): void {
		const { holdsDialog } = this.#request;
		if (holdsDialog && !this.#deps.headless && this.#decided === undefined) this.settle({ reason: "cancelled" });
	}

	get #isOpenDialog(): boolean {
		return !this.#deps.headless && !this.#request.holdsDialog;
	}

	async #ask(): Promise<ApprovalDecision | undefined> {
		if (!(await this.#open())) return undefined;
		return this.#waitForPhone();
	}

	/** False: nobody was asked, or nobody can answer. Beside an open dialog it is tried until the dialog is gone. */
	async #open(): Promise<boolean> {
		const body = this.#body();
		const backoff = new Backoff();
		while (!this.#over.signal.aborted) {
			this.#opened = this.#openOnce(body);
			try {
				return await this.#opened;
			} catch (error) {
				if (isGone(error)) {
					this.#deps.onGone();
					return false;
				}
				this.#deps.log.info(`asking the phone: ${reasonOf(error)}`);
				if (!isPassing(error) || !this.#isOpenDialog) {
					this.#deps.tell();
					return false;
				}
				const { retryAfterMs } = error;
				await this.#pause.wait(backoff.next(retryAfterMs), this.#over.signal);
			}
		}
		return false;
	}

	async #openOnce(body: OpenApproval): Promise<boolean> {
		const { api, session } = this.#deps;
		const signal = this.#isOpenDialog ? undefined : AbortSignal.timeout(heldOpenMs);
		const { approval, told } = await api.openApproval(session, body, signal);
		if (approval.request_hash !== this.#request.hash) return false;
		if (this.#isOpenDialog || !untold.includes(told.outcome)) return true;
		// Nobody has been told, so the run need not stand still, nor the dialog wait.
		this.settle({ reason: "cancelled" });
		return false;
	}

	#body(): OpenApproval {
		const { kind, hash, toolName, summary, cwd, sessionGrant, questions } = this.#request;
		const { now, whereabouts } = this.#deps;
		return {
			id: this.id,
			kind,
			occurred_at: now().toISOString(),
			request_hash: hash,
			...(toolName === "" ? {} : { tool_name: toolName }),
			summary,
			...(cwd === "" ? {} : { cwd }),
			...(sessionGrant === undefined ? {} : { session_grant: sessionGrant }),
			questions,
			expires_in: this.#patience,
			...whereabouts.report(),
		};
	}

	get #patience(): number {
		if (this.#deps.headless) return patience.headless;
		return this.#request.holdsDialog ? patience.held : patience.open;
	}

	async #waitForPhone(): Promise<ApprovalDecision | undefined> {
		const { signal } = this.#over;
		const deadline = performance.now() + this.#patience * 1000;
		const backoff = new Backoff();
		while (!signal.aborted && performance.now() < deadline) {
			const found = await this.#look();
			if (found === "over") return undefined;
			if (found instanceof Error) {
				this.#deps.log.debug(`waiting for the phone: ${found.message}`);
				await this.#pause.wait(backoff.next(found.retryAfterMs), signal);
				continue;
			}
			backoff.reset();
			if (found.state !== "open") return this.#trusted(found);
			if (!this.#deps.whereabouts.isAway) this.personReturned();
		}
		return undefined;
	}

	/** One long-poll; an error that passes is returned. */
	async #look(): Promise<Approval | ServerUnreachable | ApiError | "over"> {
		const { api, session, onGone } = this.#deps;
		const { signal } = this.#over;
		try {
			return await api.approval(session, this.id, this.#isOpenDialog ? pollSeconds.open : pollSeconds.held, signal);
		} catch (error) {
			if (signal.aborted) return "over";
			if (isPassing(error)) return error;
			if (isGone(error)) onGone();
			return "over";
		}
	}

	/** An answer counts for exactly what was asked. */
	#trusted(found: { request_hash: string; decision: ApprovalDecision | null }): ApprovalDecision | undefined {
		return found.request_hash === this.#request.hash ? (found.decision ?? undefined) : undefined;
	}

	#receipt(state: "applied" | "too_late"): void {
		if (this.#over.signal.aborted) return;
		this.#over.abort();
		const { api, session, log } = this.#deps;
		patiently(log, () => api.sendApprovalReceipt(session, this.id, { state }))
			.finally(() => this.#end())
			.catch((error: unknown) => log.error(reasonOf(error)));
	}

	/** The server may get the question after this: so not before it has answered it. */
	async #withdraw({ reason, outcome = "unknown" }: Withdrawal): Promise<void> {
		const { api, session, log } = this.#deps;
		if (this.#opened !== undefined) {
			await this.#opened.catch(() => undefined);
			const left = await patiently(log, () => api.withdrawApproval(session, this.id, { reason, outcome }));
			if (left?.state === "answered")
				await patiently(log, () => api.sendApprovalReceipt(session, this.id, { state: "too_late" }));
		}
		this.#end();
	}

	#end(): void {
		this.#over.abort();
		this.#close();
	}
}
