import { readFields, text } from "./fields.ts";
import type { QuickHandler } from "./tools.ts";

/** Every tool of one answer is through, run or refused: the only sign of a refusal at the terminal after which Claude goes on. */
export const onPostToolBatch: QuickHandler = (input, { session }) => {
	session?.activity();
	session?.approvals.batchEnded(readFields({ agent_id: text }, input).agent_id);
	return {};
};
