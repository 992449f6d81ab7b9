import { onElicitation } from "./elicitation.ts";
import { onNotification } from "./notification.ts";
import { onPermissionRequest } from "./permission-request.ts";
import { onPostToolBatch } from "./post-tool-batch.ts";
import { onPostToolUse } from "./post-tool-use.ts";
import { onPostToolUseFailure } from "./post-tool-use-failure.ts";
import { onPreToolUse } from "./pre-tool-use.ts";
import { onStop } from "./stop.ts";
import { onStopFailure } from "./stop-failure.ts";
import { onSubagentStop } from "./subagent-stop.ts";
import type { Handler } from "./tools.ts";
import { onUserPromptExpansion } from "./user-prompt-expansion.ts";
import { onUserPromptSubmit } from "./user-prompt-submit.ts";

/** The hooks that reach the companion, by event. SessionStart and SessionEnd run as processes of their own; PostCompact is left out, for the client prints its answer on the screen. */
export const handlers: ReadonlyMap<string, Handler> = new Map([
	["UserPromptSubmit", onUserPromptSubmit],
	["UserPromptExpansion", onUserPromptExpansion],
	["PreToolUse", onPreToolUse],
	["PostToolUse", onPostToolUse],
	["PostToolUseFailure", onPostToolUseFailure],
	["PostToolBatch", onPostToolBatch],
	["PermissionRequest", onPermissionRequest],
	["Elicitation", onElicitation],
	["Notification", onNotification],
	["Stop", onStop],
	["StopFailure", onStopFailure],
	["SubagentStop", onSubagentStop],
]);
