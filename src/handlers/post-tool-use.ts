import { readFields, text } from "./fields.ts";
import { toolRun } from "./tool-run.ts";
import type { QuickHandler } from "./tools.ts";

const hookEventName = "PostToolUse";

/** Runs after every tool: it notes that something happened, which ends a silence, and that somebody has allowed it; and it takes replies along that came in no other way. */
export const onPostToolUse: QuickHandler = (input, { session }) => {
	if (session === undefined) return {};
	session.activity();
	session.approvals.toolRan(() => toolRun(input));
	// What a subagent's tool returns goes to that subagent; the reply is for the session.
	if (readFields({ agent_id: text }, input).agent_id !== "") return {};
	const told = session.replies.afterTool();
	return told.length === 0 ? {} : { hookSpecificOutput: { hookEventName, additionalContext: told.join("\n\n") } };
};
