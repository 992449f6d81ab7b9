import type { ApprovalQuestion, WithdrawApproval } from "../../../src/contract/approvals.ts";
import type { ApprovalRow } from "./approval-row.ts";
import { shownLine } from "./shown-text.ts";

/** What a phone is told of one request, beside the message that asked. */
export type ApprovalNews =
	/** `chosen`: the answers to a form, in its own words. */
	| { said: "answered"; how: "allowed" | "allowed_session" | "denied" | "chosen"; chosen?: string; reason?: true }
	/** One more question of the form. */
	| { said: "next"; question: ApprovalQuestion; at: number; of: number; code: string }
	/** Somebody answered before. */
	| { said: "over"; by: "phone" | "terminal" | "time" | "end" }
	| { said: "withdrawn"; reason: WithdrawApproval["reason"]; outcome: WithdrawApproval["outcome"] }
	| { said: "expired" }
	/** The terminal had answered when the phone's answer came. */
	| { said: "too_late" }
	/** A yes needs the code that stands in the message; `left`: that many tries, after a wrong one. */
	| { said: "code"; left?: number }
	/** Too many wrong codes. */
	| { said: "locked" }
	/** The answer was none; how it is answered. */
	| { said: "how"; hint: string };

interface Named {
	handle: string;
	number: number;
	description: string;
	/** The request in a few words: `Bash: rm -r build`. */
	what: string;
}

/** Several requests are open, and the answer named none. */
export interface WhichApproval {
	said: "which";
	/** What was said, as it is typed again. */
	answer: string;
	choices: (Pick<Named, "handle" | "number" | "what"> & { reply?: string })[];
}

export type ApprovalNotice = { kind: "approval" } & ((Named & ApprovalNews) | WhichApproval);

type Request = Pick<ApprovalRow, "kind" | "handle" | "number" | "description" | "tool_name" | "summary" | "questions">;

export function noticeAbout(request: Request, news: ApprovalNews): ApprovalNotice {
	const { handle, number, description } = request;
	return { kind: "approval", handle: handle ?? "", number, description, what: nameOfRequest(request), ...news };
}

/** A request in a few words, for a list or a receipt. */
export function nameOfRequest({
	kind,
	tool_name,
	summary,
	questions,
}: Omit<Request, "handle" | "number" | "description">): string {
	if (kind === "plan") return "its plan";
	if (kind === "permission") return shownLine([tool_name ?? "", summary].filter((part) => part !== "").join(": "), 60);
	return `"${shownLine(questions[0]?.question ?? summary, 60)}"`;
}
