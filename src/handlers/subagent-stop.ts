import { readFields, text } from "./fields.ts";
import type { QuickHandler } from "./tools.ts";

/** A sign of life, and the end of what the subagent asked. /compact ends two subagents without a type that nobody started. */
export const onSubagentStop: QuickHandler = (input, { session }) => {
	const { agent_type, agent_id } = readFields({ agent_type: text, agent_id: text }, input);
	if (agent_type !== "") session?.activity();
	if (agent_id !== "") session?.approvals.turnEnded(agent_id);
	return {};
};
