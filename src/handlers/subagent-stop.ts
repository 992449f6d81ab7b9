import { readFields, text } from "./fields.ts";
import type { QuickHandler } from "./tools.ts";

/** A sign of life only. /compact ends two subagents without a type that nobody started. */
export const onSubagentStop: QuickHandler = (input, { session }) => {
	if (readFields({ agent_type: text }, input).agent_type !== "") session?.activity();
	return {};
};
