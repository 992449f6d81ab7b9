import { existsSync } from "node:fs";

/**
 * Whether somebody is at this computer: a tool that knows the screen's lock makes the file when it is opened and removes it when it is
 * locked (Claude Code's CLAUDE_CLIENT_PRESENCE_FILE). Undefined where there is no such tool.
 */
export function presenceOf(file: string | undefined): () => boolean | undefined {
	return () => (file === undefined ? undefined : existsSync(file));
}
