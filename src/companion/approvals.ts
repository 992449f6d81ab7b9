import type { ApiClient, SessionAccess } from "../api-client.ts";
import type { ApprovalDecision } from "../contract/approvals.ts";
import type { EventDetails, EventType } from "../contract/events.ts";
import { type Log, reasonOf } from "../log.ts";
import type { AskedApprovals } from "../state/asked-approvals.ts";
import type { ApprovalDesk, ApprovalRequest, ToolRun } from "./approval-request.ts";
import { patiently } from "./patiently.ts";
import { PendingApproval } from "./pending-approval.ts";
import type { Whereabouts } from "./whereabouts.ts";

export interface ApprovalsDeps {
	api: Pick<ApiClient, "openApproval" | "approval" | "withdrawApproval" | "sendApprovalReceipt">;
	session: SessionAccess;
	log: Log;
	now: () => Date;
	newId: () => string;
	whereabouts: Whereabouts;
	asked: AskedApprovals;
	/** `claude -p` and the like: there is no dialog, and no answer means no. */
	headless: boolean;
	/** The phone is told without being asked. */
	report: (type: EventType, details: EventDetails) => void;
	onGone: () => void;
}

/** How long the session's end waits for the server to hear that nothing is asked any more. */
const farewellMs = 2000;

/** Everything that this session asks the phone, each with its own wait. */
export class Approvals implements ApprovalDesk {
	readonly #deps: ApprovalsDeps;
	readonly #pending = new Set<PendingApproval>();
	#closed = false;

	constructor(deps: ApprovalsDeps) {
		this.#deps = deps;
	}

	/** What a companion that was killed had asked for this session is asked no more: its dialogs are gone. */
	start(): void {
		const { api, session, log, asked, now } = this.#deps;
		for (const id of asked.takeLeft(now())) {
			patiently(log, () => api.withdrawApproval(session, id, { reason: "cancelled" })).catch(() => undefined);
		}
	}

	async ask<T>(
		request: ApprovalRequest,
		call: AbortSignal,
		apply: (decision: ApprovalDecision) => T | undefined,
	): Promise<T | undefined> {
		const { whereabouts, headless, report, log, asked } = this.#deps;
		if (this.#closed) return undefined;
		// The person at the terminal comes first: their dialog is not held back for the phone.
		if (request.holdsDialog && !headless && !whereabouts.isAway) {
			report(...asEvent(request));
			return undefined;
		}
		const pending = new PendingApproval({ ...this.#deps, tell: () => report(...asEvent(request)) }, request);
		this.#pending.add(pending);
		asked.add(pending.id);
		const aborted = () => pending.settle({ reason: "terminal", outcome: "denied" });
		call.addEventListener("abort", aborted, { once: true });
		if (call.aborted) aborted();
		try {
			const decision = await pending.decision();
			if (decision === undefined) return undefined;
			whereabouts.answeredFromPhone();
			const output = apply(decision);
			pending.used(output !== undefined);
			return output;
		} catch (error) {
			log.error(`asking the phone failed: ${reasonOf(error)}`);
			return undefined;
		} finally {
			call.removeEventListener("abort", aborted);
			this.#forget(pending).catch(() => undefined);
		}
	}

	toolRan(run: () => ToolRun): void {
		if (this.#pending.size === 0) return;
		const ran = run();
		const same = [...this.#pending].filter((each) => each.isFrom(ran.agentId) && each.isFor(ran.toolName));
		const exact = same.find((each) => each.matches(ran));
		if (exact !== undefined) exact.toolRan();
		else for (const each of same) each.sawSuchTool();
	}

	batchEnded(agentId: string): void {
		for (const each of this.#of(agentId)) each.batchEnded();
	}

	turnEnded(agentId: string): void {
		for (const each of this.#of(agentId)) each.turnEnded();
	}

	/** The person is back at the terminal: what holds its dialog back lets go. */
	personReturned(): void {
		for (const each of this.#pending) each.personReturned();
	}

	/** The session is over, or goes on elsewhere. */
	async close(): Promise<void> {
		this.#closed = true;
		const open = [...this.#pending];
		for (const each of open) each.settle({ reason: "session_ended" });
		if (open.length === 0) return;
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<void>((resolve) => {
			timer = setTimeout(resolve, farewellMs);
		});
		await Promise.race([Promise.all(open.map((each) => each.closed)), late]);
		clearTimeout(timer);
	}

	async #forget(pending: PendingApproval): Promise<void> {
		await pending.closed;
		this.#pending.delete(pending);
		this.#deps.asked.remove(pending.id);
	}

	#of(agentId: string): PendingApproval[] {
		return [...this.#pending].filter((each) => each.isFrom(agentId));
	}
}

/** The same as an event, which can only be answered at the terminal. */
function asEvent({ kind, toolName, summary, questions }: ApprovalRequest): [EventType, EventDetails] {
	const asked = questions.map(({ question }) => question);
	if (kind === "elicitation") return ["question", { message: [summary, ...asked].join("\n") }];
	if (kind === "question") return ["question", { message: asked.join("\n") }];
	return ["permission", { tool_name: toolName, message: summary }];
}
