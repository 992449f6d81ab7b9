import type { Listed } from "./command.ts";

/** Listed here, run elsewhere: by `runHook`, before anything of this is loaded. */
export const hookListed: Listed = {
	definition: {
		meta: { name: "hook", description: "Called by the hooks of other agents" },
		args: {
			event: { type: "positional", description: "The agent's own name of the event" },
			cli: { type: "string", description: "The agent", valueHint: "codex|gemini" },
			"longer-than": {
				type: "string",
				description: "Tell only of turns that took so long (default 60s; what is waited for at once)",
				valueHint: "TIME",
			},
		},
	},
	example: "claude-notify hook Stop --cli codex --longer-than 5m < event.json",
};
