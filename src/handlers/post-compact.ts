import type { Handler } from "./tools.ts";

/** The conversation was compacted: a sign of life, and the id stays. */
export const onPostCompact: Handler = (_input, { session }) => {
	session?.activity();
	return {};
};
