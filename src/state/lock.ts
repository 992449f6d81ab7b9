import { dirname } from "node:path";
import { lock } from "proper-lockfile";
import { ensurePrivateFolder } from "./files.ts";

export interface LockOptions {
	/** How long to wait for another process; 0: only if it is free now. */
	waitMs: number;
	/** A holder that was killed blocks for this long, then the lock is taken from it. */
	staleMs?: number;
}

/** Runs `work` as the only process on this machine that holds `${path}.lock`; undefined when another one kept it. */
export async function withLock<T>(
	path: string,
	{ waitMs, staleMs = 10_000 }: LockOptions,
	work: () => Promise<T>,
): Promise<{ result: T } | undefined> {
	ensurePrivateFolder(dirname(path));
	const everyMs = 100;
	const release = await lock(path, {
		realpath: false,
		stale: staleMs,
		retries: { retries: Math.ceil(waitMs / everyMs), factor: 1, minTimeout: everyMs, maxTimeout: everyMs },
		// A laptop that slept: what the lock guards is also safe on the server (grace of the refresh, ids of the events).
		onCompromised: () => undefined,
	}).catch((error: unknown) => {
		if (codeOf(error) === "ELOCKED") return undefined;
		throw error;
	});
	if (release === undefined) return undefined;
	try {
		return { result: await work() };
	} finally {
		await release().catch((error: unknown) => {
			if (codeOf(error) !== "ERELEASED" && codeOf(error) !== "ENOTACQUIRED") throw error;
		});
	}
}

function codeOf(error: unknown): unknown {
	return error instanceof Error && "code" in error ? error.code : undefined;
}
