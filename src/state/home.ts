import { join, resolve } from "node:path";

/** The one folder of everything that this machine keeps. */
export function notifyHome(source: Record<string, string | undefined>, userHome: () => string): string {
	const given = source["CLAUDE_NOTIFY_HOME"]?.trim();
	return given === undefined || given === "" ? join(userHome(), ".config", "claude-notify") : resolve(given);
}
