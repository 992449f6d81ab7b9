import type { QuickHandler } from "./tools.ts";

/** hooks.json sends only calls of our own `hook` tool here: it is for hooks, and the model may not forge one. */
export const onPreToolUse: QuickHandler = () => ({
	hookSpecificOutput: {
		hookEventName: "PreToolUse",
		permissionDecision: "deny",
		permissionDecisionReason: "This tool answers Claude Code's hooks only.",
	},
});
