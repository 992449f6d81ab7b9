import type { QuickHandler } from "./tools.ts";

/** Runs after every tool, so it only notes that something happened: that ends a silence. */
export const onPostToolUse: QuickHandler = (_input, { session }) => {
	session?.activity();
	return {};
};
