import type { ApiClient } from "../api-client.ts";
import { isGone, isPassing } from "../api-errors.ts";
import type { SessionSummary, StopSession } from "../contract/sessions.ts";
import { type Log, reasonOf } from "../log.ts";
import type { SessionFile, SessionFiles } from "../state/session-files.ts";
import { Spool } from "../state/spool.ts";
import { drainSpool } from "./drain-spool.ts";

export interface FinishDeps {
	api: Pick<ApiClient, "reportEvent" | "stopSession">;
	files: SessionFiles;
	home: string;
	log: Log;
	signal?: AbortSignal;
}

/** `gone`: the server had ended it already. `later`: the server is away, or another process is at it; the files say what is left to do. */
export type Finished = { state: "finished"; summary: SessionSummary } | { state: "gone" | "later" };

/** Ends a session for good: what it still has to say, then that it is over, then its files. Can be cut off anywhere and done again. */
export async function finishSession(deps: FinishDeps, file: SessionFile, end: StopSession): Promise<Finished> {
	const { api, files, home, log, signal } = deps;
	noteEnd(deps, { ...file, ended: end });
	const spool = new Spool(home, file.session_id, log.warn);
	const forget = () => {
		spool.discard();
		files.remove(file.claude_session_id);
	};
	if (spool.size > 0) {
		const drained = await drainSpool({ spool, session: file, api, log, ...(signal === undefined ? {} : { signal }) });
		if (drained.state === "gone") forget();
		if (drained.state !== "empty") return { state: drained.state === "gone" ? "gone" : "later" };
	}
	try {
		const summary = await api.stopSession(file, end, signal);
		forget();
		return { state: "finished", summary };
	} catch (error) {
		if (isPassing(error)) return { state: "later" };
		forget();
		if (isGone(error)) return { state: "gone" };
		throw error;
	}
}

function noteEnd({ files, log }: FinishDeps, file: SessionFile): void {
	try {
		files.write(file);
	} catch (error) {
		log.warn(`the end of the session cannot be noted: ${reasonOf(error)}`);
	}
}
