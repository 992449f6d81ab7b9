import {
	chmodSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmdirSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { randomBytes } from "./random-bytes.ts";

/** Makes the folder for its owner only, and repairs one that others could look into. */
export function ensurePrivateFolder(path: string): void {
	mkdirSync(path, { recursive: true, mode: 0o700 });
	if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
}

/** Takes a file back from others, if they could read it. */
export function ensurePrivateFile(path: string): void {
	const found = statSync(path, { throwIfNoEntry: false });
	if (found !== undefined && (found.mode & 0o077) !== 0) chmodSync(path, 0o600);
}

/** Writes a 0600 file in one step. */
export function writePrivateFile(path: string, text: string): void {
	ensurePrivateFolder(dirname(path));
	replaceFile(path, text, { mode: 0o600 });
}

interface Replacement {
	mode: number;
	/** Runs when all is ready: what it throws leaves the old bytes. */
	last?: () => void;
}

/** Writes a file in one step: a reader sees the old bytes or the new ones, also after a kill. */
export function replaceFile(path: string, content: string | Uint8Array, { mode, last }: Replacement): void {
	const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
	try {
		writeFileSync(draft, content, { mode, flag: "wx" });
		// The umask has taken its part of the mode.
		chmodSync(draft, mode);
		last?.();
		renameSync(draft, path);
	} catch (error) {
		rmSync(draft, { force: true });
		throw error;
	}
}

/** The text of a file, or undefined when there is none. */
export function readIfThere(path: string): string | undefined {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		if (isMissing(error)) return undefined;
		throw error;
	}
}

/** The bytes of a file, or undefined when there is none. */
export function readBytesIfThere(path: string): Buffer | undefined {
	try {
		return readFileSync(path);
	} catch (error) {
		if (isMissing(error)) return undefined;
		throw error;
	}
}

/** When a file was last written, in milliseconds since 1970; now for one that is not there. */
export function lastWritten(path: string): number {
	return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
}

/** Keeps a file that cannot be understood for whoever wants to look, out of the way. */
export function moveAside(path: string, now: Date): void {
	try {
		renameSync(path, `${path}.corrupt-${now.toISOString().replaceAll(":", "")}`);
	} catch (error) {
		if (!isMissing(error)) throw error;
	}
}

export function removeFile(path: string): void {
	rmSync(path, { force: true });
}

export function removeEmptyFolder(path: string): void {
	try {
		rmdirSync(path);
	} catch {
		// Something is in it, or it was never there; a folder that stays does no harm.
	}
}

/** The names in a folder; none when it is not there. */
export function readFolder(path: string): string[] {
	try {
		return readdirSync(path);
	} catch (error) {
		if (isMissing(error)) return [];
		throw error;
	}
}

/** Ids become file names; anything that could leave the folder is refused. */
export function isSafeName(id: string): boolean {
	return /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(id);
}

function isMissing(error: unknown): boolean {
	return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
