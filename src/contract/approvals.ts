import * as z from "zod";
import { channelName } from "./channels.ts";
import { eventAccepted } from "./events.ts";
import { cutTo, text } from "./text.ts";

/** What Claude waits for: leave to use a tool, an answer to AskUserQuestion, a yes to a plan, or what an MCP server asks for. */
export const approvalKinds = ["permission", "question", "plan", "elicitation"] as const;
export type ApprovalKind = (typeof approvalKinds)[number];

/**
 * `open` until exactly one of the others: `answered` from the phone; `withdrawn` because it was answered at the terminal or its turn ended;
 * `expired` because nobody answered in time.
 */
export const approvalStates = ["open", "answered", "withdrawn", "expired"] as const;

/** The most that one form may ask, and the most options of one question. */
export const maxQuestions = 8;
export const maxOptions = 9;

/** A yes for the session is offered only where all that it allows fits into one line of a message. */
export const maxSessionGrant = 160;

const option = z.strictObject({ label: cutTo(100), description: cutTo(300).optional() });

/** One question of a form. Without options only free text answers it. */
export const approvalQuestion = z.strictObject({
	/** Names the answer: AskUserQuestion's whole question, or an elicitation's property. */
	key: z.string().min(1).max(1000),
	question: cutTo(1000),
	header: cutTo(50).optional(),
	options: z.array(option).max(maxOptions).default([]),
	multi_select: z.boolean().default(false),
});
export type ApprovalQuestion = z.infer<typeof approvalQuestion>;

/** POST /sessions/{id}/approvals. `id` is the idempotency key and the approval's id, and the id of the event that tells the phone. */
export const openApproval = z.strictObject({
	id: z.uuidv7(),
	kind: z.enum(approvalKinds),
	occurred_at: z.iso.datetime({ offset: true }),
	/** What the answer is bound to: SHA-256, in hex, of the tool's name and its whole input. It comes back with the decision. */
	request_hash: z.string().regex(/^[0-9a-f]{64}$/),
	tool_name: cutTo(200).optional(),
	/** The whole command, the file and the head of its diff, the plan, or what the form is for. */
	summary: cutTo(4096).default(""),
	cwd: cutTo(1024).optional(),
	/** What a yes for the rest of the session allows, as the phone shows it: `Bash(npm run test:*)`. Left out where there is no such yes. */
	session_grant: text(maxSessionGrant).min(1).optional(),
	questions: z.array(approvalQuestion).max(maxQuestions).default([]),
	/** Seconds until nobody's answer counts any more. */
	expires_in: z.int().min(10).max(3600).default(600),
	attended: z.iso.datetime({ offset: true }).nullish(),
	present: z.boolean().optional(),
});
export type OpenApproval = z.infer<typeof openApproval>;

/** What the person said. `message` is what Claude is told with a deny. `answers` has one text or several for each question's `key`. */
export const approvalDecision = z.object({
	behavior: z.enum(["allow", "deny"]),
	scope: z.enum(["once", "session"]),
	message: z.string().optional(),
	answers: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
	from: z.object({ channel: channelName, label: z.string() }),
	answered_at: z.iso.datetime(),
});
export type ApprovalDecision = z.infer<typeof approvalDecision>;

/** The approval as it stands. `decision` exactly when `state` is "answered". */
export const approval = z.object({
	id: z.uuidv7(),
	/** Small, counted in the session: `#3` on the phone. */
	number: z.int().min(1),
	kind: z.enum(approvalKinds),
	state: z.enum(approvalStates),
	request_hash: z.string(),
	expires_at: z.iso.datetime(),
	decision: approvalDecision.nullable(),
});
export type Approval = z.infer<typeof approval>;

/** The answer to POST: what became of telling the phone, and the approval. The same id again gets the same approval. */
export const approvalOpened = z.object({ approval, told: eventAccepted });
export type ApprovalOpened = z.infer<typeof approvalOpened>;

/** Query of GET /sessions/{id}/approvals/{approval}: answers as soon as it is no longer open, at the latest after `wait` seconds. */
export const approvalQuery = z.object({ wait: z.coerce.number().int().min(0).max(25).default(0) });

/** POST …/withdraw: the phone's question is void. `terminal`: somebody answered there first; the phone is told which. */
export const withdrawApproval = z.strictObject({
	reason: z.enum(["terminal", "turn_ended", "session_ended", "cancelled"]),
	outcome: z.enum(["allowed", "denied", "answered", "unknown"]).default("unknown"),
});
export type WithdrawApproval = z.infer<typeof withdrawApproval>;

/** POST …/receipt: what the session made of the decision. `too_late`: the terminal had answered when the decision arrived; the phone is told. */
export const approvalReceipt = z.strictObject({ state: z.enum(["applied", "too_late"]) });
