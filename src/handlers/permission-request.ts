import * as z from "zod";
import type { ApprovalRequest } from "../companion/approval-request.ts";
import type { ApprovalDecision, ApprovalQuestion } from "../contract/approvals.ts";
import { maxOptions, maxQuestions } from "../contract/approvals.ts";
import { cutText } from "../contract/cut-text.ts";
import { fromJson, jsonObject, readFields, text } from "./fields.ts";
import { permissionSummary } from "./permission-summary.ts";
import { type SessionYes, sessionYes } from "./session-rules.ts";
import { requestHash } from "./tool-run.ts";
import type { Handler, HookOutput, PermissionDecision } from "./tools.ts";

const shape = {
	tool_name: text,
	tool_input: text,
	permission_suggestions: z.unknown().optional(),
	agent_id: text,
	cwd: text,
};
const hookEventName = "PermissionRequest";
type Fields = Record<string, unknown>;

/** AskUserQuestion's form, as far as a phone can show it. */
const form = z.object({
	questions: z
		.array(
			z.object({
				question: z.string().min(1).max(1000),
				header: z.string().optional(),
				multiSelect: z.boolean().catch(false),
				options: z.array(z.object({ label: z.string().min(1), description: z.string().optional() })).max(maxOptions),
			}),
		)
		.min(1)
		.max(maxQuestions),
});

/** Claude waits for the user: the phone is asked, while the dialog at the terminal stays open. The first answer counts. */
export const onPermissionRequest: Handler = async (input, { session, call }) => {
	if (session === undefined) return {};
	session.activity();
	const { tool_name, tool_input, permission_suggestions, agent_id, cwd } = readFields(shape, input);
	if (tool_name === "") return {};
	const fields = jsonObject.parse(tool_input);
	const asked = tool_name === "AskUserQuestion" ? form.safeParse(fields) : undefined;
	session.doing =
		asked === undefined
			? `waiting for permission (${cutText(tool_name, 60)})`
			: "waiting for an answer to its question";
	// Nobody can decide about an input that cannot be read, or about a form that a phone cannot show.
	const hash = isObject(tool_input) ? requestHash(tool_name, fromJson(tool_input)) : "";
	if (hash === "" || asked?.success === false) {
		if (asked === undefined) session.report("permission", { tool_name });
		else session.report("question", { message: questionsIn(fields) });
		return {};
	}
	const forSession = sessionYes(permission_suggestions, { toolName: tool_name, command: fields["command"] });
	const common = {
		toolName: tool_name,
		hash,
		cwd,
		agentId: agent_id,
		// A subagent's dialog comes when its hook has answered, the session's own at once.
		holdsDialog: agent_id !== "",
	};
	const request = { ...common, ...about(tool_name, fields, asked?.data, forSession) };
	const decided = (decision: ApprovalDecision) => decide(request, fields, forSession, decision);
	const answer = await session.approvals.ask(request, call, decided);
	if (answer === undefined) return {};
	session.activity();
	return answer;
};

function about(
	toolName: string,
	fields: Fields,
	asked: z.infer<typeof form> | undefined,
	forSession: SessionYes | undefined,
): Pick<ApprovalRequest, "kind" | "summary" | "questions" | "sessionGrant"> {
	if (asked !== undefined) return { kind: "question", summary: "", questions: asked.questions.map(asQuestion) };
	if (toolName === "ExitPlanMode") {
		const plan = typeof fields["plan"] === "string" ? fields["plan"] : "";
		return { kind: "plan", summary: plan, questions: [] };
	}
	const summary = permissionSummary(toolName, fields);
	return { kind: "permission", summary, questions: [], sessionGrant: forSession?.grant };
}

function asQuestion({
	question,
	header,
	multiSelect,
	options,
}: z.infer<typeof form>["questions"][number]): ApprovalQuestion {
	return { key: question, question, header, multi_select: multiSelect, options };
}

/** Undefined: not every question has its answer. */
function decide(
	{ kind, questions }: Pick<ApprovalRequest, "kind" | "questions">,
	fields: Fields,
	forSession: SessionYes | undefined,
	decision: ApprovalDecision,
): HookOutput | undefined {
	const output = (made: PermissionDecision): HookOutput => ({ hookSpecificOutput: { hookEventName, decision: made } });
	if (decision.behavior === "deny") return output({ behavior: "deny", message: refusal(kind, decision) });
	if (kind === "permission") {
		const updatedPermissions = decision.scope === "session" ? forSession?.rules : undefined;
		return output({ behavior: "allow", ...(updatedPermissions === undefined ? {} : { updatedPermissions }) });
	}
	// Without an input of its own the client takes no yes for a plan or a question.
	if (kind === "plan") return output({ behavior: "allow", updatedInput: fields });
	const answers = questions.map(({ key }) => [key, said(decision.answers?.[key])] as const);
	if (answers.some(([, answer]) => answer === "")) return undefined;
	return output({ behavior: "allow", updatedInput: { ...fields, answers: Object.fromEntries(answers) } });
}

/** Several choices as the client itself joins them. */
const said = (answer: string | string[] = "") => (typeof answer === "string" ? answer : answer.join(", "));

function refusal(kind: ApprovalRequest["kind"], { message = "", from }: ApprovalDecision): string {
	const what = {
		permission: "The user said no to this",
		plan: "The user does not want to go ahead with this plan yet; keep planning",
		question: "The user does not want to answer this",
		elicitation: "The user declined",
	}[kind];
	const reason = message.trim();
	return cutText(`${what} (from their phone, ${from.label})${reason === "" ? "." : `: ${reason}`}`, 9000);
}

/** What is asked, of a form that is otherwise unlike what is known. */
function questionsIn(fields: Fields): string {
	const listed = z.array(z.object({ question: z.string() })).safeParse(fields["questions"]);
	return listed.success ? listed.data.map(({ question }) => question).join("\n") : "";
}

function isObject(json: string): boolean {
	try {
		const value: unknown = JSON.parse(json);
		return typeof value === "object" && value !== null && !Array.isArray(value);
	} catch {
		return false;
	}
}
