import { lock } from "proper-lockfile";

export interface FolderLock {
	release(): Promise<void>;
}

/**
 * Takes `folder` for this process alone. Two processes on one PGlite folder destroy it without a word (facts/infra.md 0.3),
 * so the lock is kept alive by a heartbeat and counts as dead 5 s after its owner died.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
	try {
		const release = await lock(folder, {
			realpath: false,
			stale: 5000,
			update: 1000,
			retries: { retries: 7, minTimeout: 1000, maxTimeout: 1000 },
		});
		return { release };
	} catch (error) {
		throw new Error(`Another server already uses ${folder}. Stop it, or give this one a DATA_DIR of its own.`, {
			cause: error,
		});
	}
}
