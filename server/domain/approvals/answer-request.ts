import { sql } from "drizzle-orm";
import type { ApprovalDecision } from "../../../src/contract/approvals.ts";
import type { Db } from "../../db/client.ts";
import { type Act, writeAudit } from "../audit.ts";
import { titleOf } from "../delivery-report.ts";
import type { Deps } from "../deps.ts";
import type { Sender } from "../store-reply.ts";
import type { AnswerTaken } from "./answer-from-phone.ts";
import { type ApprovalNews, noticeAbout } from "./approval-notice.ts";
import type { ApprovalRow } from "./approval-row.ts";
import { judgeAnswer, maxWrongCodes } from "./judge-answer.ts";
import { overBy } from "./over.ts";
import type { ReadAnswer } from "./read-answer.ts";
import { takeBack } from "./tell-phones.ts";

interface Given {
	sender: Sender;
	/** Locked until the transaction ends: of answers at the same moment one is first. */
	request: ApprovalRow;
	read: ReadAnswer;
}

type Tx = Pick<Db, "execute" | "insert">;

/** Answers this request, once; everybody after that is told what became of it. */
export async function answerRequest(tx: Tx, deps: Deps, given: Given): Promise<AnswerTaken> {
	const { request, read } = given;
	const over = overBy(request);
	if (over !== undefined) {
		await audit(tx, deps, given, { action: actionOf(read), outcome: "refused", why: "it was no longer open." });
		return taken(given, { said: "over", by: over });
	}
	const verdict = judgeAnswer(request, read);
	switch (verdict.to) {
		case "decide":
			return decide(tx, deps, given, verdict.decision);
		case "go_on":
			return goOn(tx, given, verdict.answers);
		case "ask_code":
			return verdict.wrong ? countWrongCode(tx, deps, given) : taken(given, { said: "code" });
		case "locked":
			await audit(tx, deps, given, { action: "approval.allow", outcome: "refused", why: "too many wrong codes." });
			return taken(given, { said: "locked" });
		case "explain":
			return taken(given, { said: "how", hint: verdict.hint });
	}
}

function taken({ request }: Given, news: ApprovalNews, wakes: string[] = []): AnswerTaken {
	return { notice: noticeAbout(request, news), about: request.session_id, wakes };
}

type Decided = Pick<ApprovalDecision, "behavior" | "scope" | "message" | "answers">;

async function decide(tx: Tx, deps: Deps, given: Given, decided: Decided): Promise<AnswerTaken> {
	const { sender, request } = given;
	const decision: ApprovalDecision = {
		...decided,
		from: { channel: sender.channel, label: sender.label },
		answered_at: new Date(request.now_ms).toISOString(),
	};
	await tx.execute(
		sql`update approvals set state = 'answered', decision = ${JSON.stringify(decision)}::jsonb, answered_by = ${sender.identityId},
			answers = ${JSON.stringify(decided.answers ?? request.answers)}::jsonb, settled_at = now() where id = ${request.id}`,
	);
	await takeBack(tx, request, "It was answered from another phone.");
	const how = howDecided(decided);
	await audit(tx, deps, given, { action: auditActions[how], outcome: "done", why: auditWords[how] });
	// The database keeps no order of keys; the form has one.
	const chosen = request.questions.flatMap(({ key }) => decided.answers?.[key] ?? []).join(", ");
	const reason = decided.message === undefined ? {} : { reason: true as const };
	return taken(given, { said: "answered", how, chosen, ...reason }, [request.id]);
}

type How = Extract<ApprovalNews, { said: "answered" }>["how"];

function howDecided({ behavior, scope, answers }: Decided): How {
	if (behavior === "deny") return "denied";
	if (answers !== undefined) return "chosen";
	return scope === "session" ? "allowed_session" : "allowed";
}

const auditActions = {
	allowed: "approval.allow",
	allowed_session: "approval.allow",
	denied: "approval.deny",
	chosen: "approval.answer",
} as const satisfies Record<How, string>;

const auditWords = {
	allowed: "allowed once.",
	allowed_session: "allowed for the rest of the session.",
	denied: "denied.",
	chosen: "answered.",
} as const satisfies Record<How, string>;

async function goOn(tx: Tx, given: Given, answers: ApprovalRow["answers"]): Promise<AnswerTaken> {
	const { request } = given;
	await tx.execute(sql`update approvals set answers = ${JSON.stringify(answers)}::jsonb where id = ${request.id}`);
	const { questions, code } = request;
	const next = questions.findIndex(({ key }) => !Object.hasOwn(answers, key));
	const question = questions[next];
	if (question === undefined) throw new Error("A form that goes on has no question left.");
	return taken(given, { said: "next", question, at: next + 1, of: questions.length, code });
}

async function countWrongCode(tx: Tx, deps: Deps, given: Given): Promise<AnswerTaken> {
	const { request } = given;
	await tx.execute(sql`update approvals set wrong_codes = wrong_codes + 1 where id = ${request.id}`);
	const left = maxWrongCodes - request.wrong_codes - 1;
	const why = left > 0 ? "the code was wrong." : "the code was wrong, and no phone can allow it any more.";
	await audit(tx, deps, given, { action: "approval.allow", outcome: "refused", why });
	return taken(given, left > 0 ? { said: "code", left } : { said: "locked" });
}

function actionOf({ said }: ReadAnswer): string {
	if (said.is === "yes") return "approval.allow";
	return said.is === "no" ? "approval.deny" : "approval.answer";
}

function audit(
	tx: Tx,
	deps: Deps,
	{ sender, request }: Given,
	act: Pick<Act, "action" | "outcome" | "why">,
): Promise<void> {
	return writeAudit(tx, deps, {
		...act,
		userId: sender.userId,
		actor: { kind: "phone", label: `${titleOf(deps, sender.channel)} ${sender.label}` },
		sessionId: request.session_id,
		why: `#${request.number}: ${act.why}`,
		hash: request.request_hash,
	});
}
