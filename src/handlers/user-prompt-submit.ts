import { readFields, text } from "./fields.ts";
import type { HookOutput, QuickHandler } from "./tools.ts";

const hookEventName = "UserPromptSubmit";

/** A prompt begins a turn. It proves replies that came through the session's inbox, and takes those along that came in no other way. */
export const onUserPromptSubmit: QuickHandler = (input, { session }) => {
	if (session === undefined) return {};
	const { prompt } = readFields({ prompt: text }, input);
	const { copy, context } = session.replies.onPrompt(prompt);
	if (copy) return stopCopy();
	// Our own commands come through here first and never reach the model; a reply that only reads like one has been told by its ref.
	if (context.length === 0 && /^\/notify[-:]/.test(prompt)) {
		session.activity();
		session.attended();
		return {};
	}
	// What Claude Code itself submits (a background task that ended, a channel's message) is an element; nobody typed that.
	if (context.length === 0 && !prompt.trimStart().startsWith("<")) session.attended();
	session.turnStarted();
	const told = [...context, ...session.replies.take("prompt")];
	return told.length === 0 ? {} : { hookSpecificOutput: { hookEventName, additionalContext: told.join("\n\n") } };
};

function stopCopy(): HookOutput {
	return {
		decision: "block",
		reason: "Claude has had this reply already.",
		hookSpecificOutput: { hookEventName, suppressOriginalPrompt: true },
	};
}
