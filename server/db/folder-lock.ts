import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { lock } from "proper-lockfile";

export interface FolderLock {
	release(): Promise<void>;
}

const staleMs = 5000;

/**
 * Takes `folder` for this process alone. Two processes on one PGlite folder destroy it without a word (facts/infra.md 0.3).
 * A lock whose owner died is taken over once its heartbeat is 5 s old; one whose owner lives on this machine is refused at once.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
	const ownerFile = `${folder}.owner`;
	const giveUpAt = Date.now() + staleMs + 2000;
	for (;;) {
		try {
			const release = await lock(folder, { realpath: false, stale: staleMs, update: 1000 });
			await writeFile(ownerFile, JSON.stringify({ pid: process.pid, host: hostname() }), { mode: 0o600 });
			return { release };
		} catch (error) {
			if (!isLocked(error)) throw error;
			const owner = await ownerOf(ownerFile);
			if (owner !== undefined || Date.now() > giveUpAt) throw refusal(folder, owner, error);
			await sleep(250);
		}
	}
}

function isLocked(error: unknown): boolean {
	return error instanceof Error && "code" in error && error.code === "ELOCKED";
}

/** The pid of the living owner on this machine; undefined when it is dead, elsewhere or not known. */
async function ownerOf(ownerFile: string): Promise<number | undefined> {
	const text = await readFile(ownerFile, "utf8").catch(() => "");
	const [, pid = "", host = ""] = /"pid":(\d+),"host":"([^"]*)"/.exec(text) ?? [];
	if (pid === "" || host !== hostname() || Number(pid) === process.pid) return undefined;
	try {
		process.kill(Number(pid), 0);
		return Number(pid);
	} catch {
		return undefined;
	}
}

function refusal(folder: string, pid: number | undefined, cause: unknown): Error {
	const who = pid === undefined ? "Another server" : `Another server (process ${pid})`;
	return new Error(`${who} already uses ${folder}. Stop it, or give this one a DATA_DIR of its own.`, { cause });
}
