import { statSync } from "node:fs";
import { join } from "node:path";
import type { ApiClient } from "../api-client.ts";
import { type Log, reasonOf } from "../log.ts";
import { readLiveClient } from "../state/client-files.ts";
import { readFolder, removeFile } from "../state/files.ts";
import type { SessionFile, SessionFiles } from "../state/session-files.ts";
import { Spool } from "../state/spool.ts";
import { Backoff, Pause } from "./backoff.ts";
import { drainSpool } from "./drain-spool.ts";
import { finishSession } from "./finish-session.ts";

export interface LeftoverDeps {
	/** Sessions belong to the server that they were started on. */
	apiFor: (server: string) => ApiClient;
	files: SessionFiles;
	home: string;
	log: Log;
	now: () => Date;
	signal: AbortSignal;
}

/** A session that was killed can be resumed; after this long nobody does, and its token has no use. */
const forgottenMs = 30 * 24 * 3_600_000;

/** Does what dead sessions of this machine could not do any more: sends their spools, and tells the server of those that ended while it was away. */
export async function clearLeftovers(deps: LeftoverDeps): Promise<void> {
	const backoff = new Backoff(5000, 300_000);
	const pause = new Pause();
	while (!deps.signal.aborted && (await anyLeft(deps))) await pause.wait(backoff.next(), deps.signal);
}

async function anyLeft(deps: LeftoverDeps): Promise<boolean> {
	let left = false;
	for (const file of deps.files.all()) {
		if (deps.signal.aborted) return false;
		if (file.ended === undefined && isOwned(deps.home, file)) continue;
		try {
			if (!(await settle(deps, file))) left = true;
		} catch (error) {
			deps.log.warn(`a session that ended could not be settled: ${reasonOf(error)}`);
		}
	}
	removeOldSpools(deps);
	return left;
}

async function settle(deps: LeftoverDeps, file: SessionFile): Promise<boolean> {
	const { files, home, log, signal } = deps;
	const api = deps.apiFor(file.server);
	if (file.ended !== undefined) {
		return (await finishSession({ api, files, home, log, signal }, file, file.ended)).state !== "later";
	}
	if (deps.now().getTime() - new Date(file.started_at).getTime() > forgottenMs) {
		files.remove(file.claude_session_id);
		return true;
	}
	const spool = new Spool(home, file.session_id, log.warn);
	if (spool.size === 0) return true;
	const drained = await drainSpool({ spool, session: file, api, log, signal });
	if (drained.state === "gone") files.remove(file.claude_session_id);
	return drained.state === "empty" || drained.state === "gone";
}

/** A client that runs has this session: it does all this itself. */
export function isOwned(home: string, { client_pid, claude_session_id }: SessionFile): boolean {
	return readLiveClient(home, client_pid)?.session_id === claude_session_id;
}

/** Without a session's file there is no token to send them with; the age keeps clear of a session that starts this moment. */
function removeOldSpools({ home, now }: LeftoverDeps): void {
	const folder = join(home, "spool");
	for (const name of readFolder(folder)) {
		const path = join(folder, name);
		const found = statSync(path, { throwIfNoEntry: false });
		if (found?.isFile() === true && now().getTime() - found.mtimeMs > forgottenMs) removeFile(path);
	}
}
