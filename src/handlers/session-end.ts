import { existsSync } from "node:fs";
import { join } from "node:path";
import { readClientFile, removeClientFile } from "../state/client-files.ts";
import { isSafeName } from "../state/files.ts";

export interface SessionEndTools {
	home: string;
	clientPid: number;
	/** Starts the process that reports the end, outside the time that this hook has. */
	reportLater(): void;
}

/** A session is over when its client is, or has gone to another conversation. /clear goes on with the same one under a new id. */
export function onSessionEnd(input: Record<string, unknown>, { home, clientPid, reportLater }: SessionEndTools): void {
	const { session_id, reason } = input;
	if (reason === "clear" || typeof session_id !== "string" || !isSafeName(session_id)) return;
	// "resume": the client lives on, and its next SessionStart writes this file.
	if (reason !== "resume" && readClientFile(home, clientPid)?.session_id === session_id) {
		removeClientFile(home, clientPid);
	}
	if (existsSync(join(home, "sessions", `${session_id}.json`))) reportLater();
}
