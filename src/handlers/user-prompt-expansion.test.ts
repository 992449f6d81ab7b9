import { expect, it } from "vitest";
import { hookRig, unmonitored } from "../../tests/helpers/hook-rig.ts";
import { onUserPromptExpansion } from "./user-prompt-expansion.ts";

it("a slash command of ours is answered on the screen and never reaches the model", async () => {
	const input = { command_name: "notify:start", command_args: `"a $(touch pwned) 'b'"` };
	expect(await onUserPromptExpansion(input, unmonitored())).toEqual({
		decision: "block",
		reason: `started "a $(touch pwned) 'b'"`,
		hookSpecificOutput: { hookEventName: "UserPromptExpansion", suppressOriginalPrompt: true },
	});
});

it("a slash command of others expands as it would without us", async () => {
	expect(await onUserPromptExpansion({ command_name: "other:start", command_args: "" }, hookRig().tools)).toEqual({});
});
