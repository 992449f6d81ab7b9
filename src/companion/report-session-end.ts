import { setTimeout as sleep } from "node:timers/promises";
import { ApiClient } from "../api-client.ts";
import type { StopSession } from "../contract/sessions.ts";
import type { Log } from "../log.ts";
import { SessionFiles } from "../state/session-files.ts";
import { Spool } from "../state/spool.ts";
import { finishSession } from "./finish-session.ts";
import { isOwned } from "./leftovers.ts";

export interface SessionEndReport {
	home: string;
	/** The client whose session ended. */
	clientPid: number;
	/** Of this machine, as the API wants it. */
	fingerprint: string;
	log: Log;
	now: () => Date;
	/** A new UUIDv7. */
	newId: () => string;
	/** How long a server that is away is asked again; then the files tell the next companion. */
	patienceMs: number;
}

/** Says that a session is over: `done` if nothing was said about its last turn, then stop; and cleans up. */
export async function reportSessionEnd(input: Record<string, unknown>, report: SessionEndReport): Promise<void> {
	const { home, log, now, newId, fingerprint, patienceMs } = report;
	const { session_id, reason } = input;
	const files = new SessionFiles(home, now);
	let file = typeof session_id === "string" ? files.read(session_id) : undefined;
	// The same session open in another window stays monitored there.
	if (file === undefined || (file.client_pid !== report.clientPid && isOwned(home, file))) return;
	const at = now().toISOString();
	const end: StopSession = file.ended ?? {
		reason: typeof reason === "string" ? reason : "other",
		final_state: file.turn === "failed" ? "failed" : "completed",
		ended_at: at,
	};
	if (file.turn === "open" && file.ended === undefined) {
		new Spool(home, file.session_id, log.warn).append({ id: newId(), type: "done", occurred_at: at, details: {} });
		file = { ...file, turn: "done" };
	}
	const api = new ApiClient({ server: file.server, fingerprint, timeoutMs: 10_000 });
	const deadline = now().getTime() + patienceMs;
	for (;;) {
		const { state } = await finishSession({ api, files, home, log }, file, end);
		if (state !== "later" || now().getTime() >= deadline) return;
		await sleep(500);
	}
}
