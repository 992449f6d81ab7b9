import * as z from "zod";
import type { ApprovalDecision } from "../contract/approvals.ts";
import { type ElicitationForm, elicitationForm } from "./elicitation-form.ts";
import { fromJson, readFields, text } from "./fields.ts";
import { requestHash } from "./tool-run.ts";
import type { Handler, HookOutput } from "./tools.ts";

const hookEventName = "Elicitation";
const shape = {
	mcp_server_name: text,
	message: text,
	mode: text,
	requested_schema: z.unknown().optional(),
	cwd: text,
	agent_id: text,
};

/**
 * An MCP server asks the user to fill in a form. The client shows it only when this hook has answered, so the phone is asked
 * where nobody sits at the terminal; else it is told.
 */
export const onElicitation: Handler = async (input, { session, call }) => {
	if (session === undefined) return {};
	session.activity();
	const { mcp_server_name, message, mode, requested_schema, cwd, agent_id } = readFields(shape, input);
	session.doing = "waiting for an answer to its question";
	const schema = fromJson(requested_schema);
	const form = mode === "url" ? undefined : elicitationForm(schema);
	const hash = requestHash(mcp_server_name, { message, schema });
	if (form === undefined || hash === "") {
		session.report("question", { message });
		return {};
	}
	const request = {
		kind: "elicitation" as const,
		toolName: mcp_server_name,
		hash,
		summary: message,
		questions: form.questions,
		cwd,
		agentId: agent_id,
		holdsDialog: true,
	};
	const answer = await session.approvals.ask(request, call, (decision) => filledIn(form, decision));
	if (answer === undefined) return {};
	session.activity();
	return answer;
};

function filledIn(form: ElicitationForm, { behavior, answers = {} }: ApprovalDecision): HookOutput | undefined {
	if (behavior === "deny") return { hookSpecificOutput: { hookEventName, action: "decline" } };
	const content = form.content(answers);
	return content === undefined ? undefined : { hookSpecificOutput: { hookEventName, action: "accept", content } };
}
