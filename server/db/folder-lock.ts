import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { lock } from "proper-lockfile";
import { startOf } from "./process-start.ts";

export interface FolderLock {
	release(): Promise<void>;
}

/** A lock whose owner died, or is on another machine, is taken over once its heartbeat is so old. */
const silentMs = 3000;
const heartbeatMs = 1000;
const patienceMs = silentMs + 4000;

/**
 * Takes `folder` for this process alone. Two processes on one PGlite folder destroy it without a word (facts/infra.md 0.3), so an
 * owner that lives on this machine is never overtaken, however long its heartbeat has been silent: a laptop may have slept.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
	const giveUpAt = performance.now() + patienceMs;
	for (;;) {
		try {
			return await take(folder);
		} catch (error) {
			if (!isLocked(error)) throw error;
			const owner = await ownerOf(folder);
			if (owner.living !== undefined || performance.now() > giveUpAt) throw refusal(folder, owner.living, error);
			if (owner.silent) await clear(folder);
			await sleep(200);
		}
	}
}

async function take(folder: string): Promise<FolderLock> {
	const release = await lock(folder, {
		realpath: false,
		// Whether a lock is stale is judged here; to the library none ever is.
		stale: 2 ** 31,
		update: heartbeatMs,
		onCompromised(cause) {
			// To go on would be to share the folder.
			throw new Error(`The lock of ${folder} is gone: this server must not use the folder any more.`, { cause });
		},
	});
	const owner: Owner = { pid: process.pid, host: hostname(), startedAt: await startOf(process.pid) };
	await writeFile(ownerFile(folder), JSON.stringify(owner), { mode: 0o600 });
	return { release };
}

/** Removes the lock of an owner that is dead, under a lock of its own: of two that do so, the later would remove the new owner's. */
async function clear(folder: string): Promise<void> {
	try {
		const release = await lock(`${folder}.takeover`, { realpath: false, stale: 5000 });
		const { living, silent } = await ownerOf(folder);
		if (living === undefined && silent) await rm(`${folder}.lock`, { recursive: true, force: true });
		await release();
	} catch (error) {
		if (!isLocked(error)) throw error;
	}
}

interface Owner {
	pid: number;
	host: string;
	/** Tells it from a later process with the same number; undefined where the system does not say. */
	startedAt: string | undefined;
}

const ownerFile = (folder: string) => `${folder}.owner`;

/** `living`: the number of the owner's process when it runs on this machine. `silent`: the heartbeat stopped. */
async function ownerOf(folder: string): Promise<{ living: number | undefined; silent: boolean }> {
	const text = await readFile(ownerFile(folder), "utf8").catch(() => "");
	const beat = await stat(`${folder}.lock`).catch(() => undefined);
	const silent = beat !== undefined && Date.now() - beat.mtimeMs > silentMs;
	const owner = parsed(text);
	const runs = owner !== undefined && owner.host === hostname() && (await stillRuns(owner, silent));
	return { living: runs ? owner.pid : undefined, silent };
}

async function stillRuns({ pid, startedAt }: Owner, silent: boolean): Promise<boolean> {
	if (startedAt !== undefined) return (await startOf(pid)) === startedAt;
	// Only the heartbeat tells the owner from a later process with its number.
	return !silent && answersSignals(pid);
}

function answersSignals(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

function parsed(text: string): Owner | undefined {
	const [, pid, host, startedAt] = /"pid":(\d+),"host":"([^"]*)"(?:,"startedAt":"([^"]*)")?/.exec(text) ?? [];
	return pid === undefined || host === undefined ? undefined : { pid: Number(pid), host, startedAt };
}

function isLocked(error: unknown): boolean {
	return error instanceof Error && "code" in error && error.code === "ELOCKED";
}

function refusal(folder: string, pid: number | undefined, cause: unknown): Error {
	const who = pid === undefined ? "Another server" : `Another server (process ${pid})`;
	return new Error(`${who} already uses ${folder}. Stop it, or give this one a DATA_DIR of its own.`, { cause });
}
