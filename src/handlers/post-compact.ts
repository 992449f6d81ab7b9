import type { QuickHandler } from "./tools.ts";

/** The conversation was compacted: a sign of life, and the id stays. */
export const onPostCompact: QuickHandler = (_input, { session }) => {
	session?.activity();
	return {};
};
