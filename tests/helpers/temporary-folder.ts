import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryFolder extends AsyncDisposable {
	path: string;
}

/** A folder of a test's own, gone with the object. Short: Unix sockets are put in it. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
	const path = await realpath(await mkdtemp(join(tmpdir(), "cn-")));
	return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}
