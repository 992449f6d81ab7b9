import { writeClientFile } from "../state/client-files.ts";
import { isSafeName } from "../state/files.ts";

export interface SessionStartTools {
	home: string;
	/** CLAUDE_PID: the companion of this client has it as its parent. */
	clientPid: number;
}

/** Tells the companion which session its client is in; the companion's own environment is a guess, and stale after /clear. */
export function onSessionStart(input: Record<string, unknown>, { home, clientPid }: SessionStartTools): void {
	const { session_id, source, cwd, transcript_path } = input;
	if (typeof session_id !== "string" || !isSafeName(session_id) || !Number.isInteger(clientPid)) return;
	writeClientFile(home, clientPid, {
		session_id,
		source: typeof source === "string" ? source : "",
		cwd: typeof cwd === "string" ? cwd : "",
		...(typeof transcript_path === "string" ? { transcript: transcript_path } : {}),
	});
}
