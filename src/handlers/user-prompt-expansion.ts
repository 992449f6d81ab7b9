import { readFields, text } from "./fields.ts";
import type { Handler } from "./tools.ts";

/** Answers our slash commands without a turn of the model: the answer is shown as the reason of a block. */
export const onUserPromptExpansion: Handler = async (input, { runCommand }) => {
	const { command_name, command_args } = readFields({ command_name: text, command_args: text }, input);
	const answer = await runCommand(command_name, command_args);
	if (answer === undefined) return {};
	return {
		decision: "block",
		reason: answer,
		hookSpecificOutput: { hookEventName: "UserPromptExpansion", suppressOriginalPrompt: true },
	};
};
