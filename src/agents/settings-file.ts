import { createHash } from "node:crypto";
import {
	chmodSync,
	constants,
	copyFileSync,
	existsSync,
	lstatSync,
	mkdirSync,
	readFileSync,
	realpathSync,
	statSync,
} from "node:fs";
import { dirname } from "node:path";
import { readBytesIfThere, removeFile, replaceFile } from "../state/files.ts";
import { SettingsProblem } from "./json-edit.ts";

/** No settings file that a person has written is larger. */
const maxBytes = 4 * 1_048_576;
const byteOrderMark = "\uFEFF";

/** The settings of another program, as they are now. */
export interface SettingsFile {
	/** As its program knows it. */
	path: string;
	/** Behind all links. */
	real: string;
	/** Undefined where there is none. */
	bytes: Buffer | undefined;
	/** Without a byte order mark; an empty file holds no settings. */
	text: string;
	mark: string;
}

/** Throws SettingsProblem for what cannot be edited without harm. */
export function readSettingsFile(path: string): SettingsFile {
	const link = lstatSync(path, { throwIfNoEntry: false });
	if (link === undefined) return { path, real: path, bytes: undefined, text: "{}\n", mark: "" };
	if (link.isSymbolicLink() && !existsSync(path)) throw new SettingsProblem("is a link to a file that is not there");
	const real = realpathSync(path);
	const found = statSync(real);
	if (!found.isFile()) throw new SettingsProblem("is no file");
	if (found.size > maxBytes) throw new SettingsProblem("is larger than 4 MB");
	const bytes = readFileSync(real);
	const whole = decoded(bytes);
	const mark = whole.startsWith(byteOrderMark) ? byteOrderMark : "";
	const text = whole.slice(mark.length);
	return { path, real, bytes, text: text.trim() === "" ? "{}\n" : text, mark };
}

function decoded(bytes: Buffer): string {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		throw new SettingsProblem("is not UTF-8");
	}
}

export interface Written {
	/** Undefined where there was nothing to keep. */
	backup: string | undefined;
}

export interface WriteOptions {
	now: Date;
	/** Without one the bytes of before can be had elsewhere. */
	backup: boolean;
}

/** Writes in one step, beside a copy of what was there. `bytes` undefined: the file goes. Throws SettingsProblem when somebody else was faster. */
export function writeSettingsFile(file: SettingsFile, bytes: Buffer | undefined, options: WriteOptions): Written {
	const { path, real } = file;
	const folder = dirname(real);
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	const mode = file.bytes === undefined ? 0o600 : statSync(real).mode & 0o7777;
	let backup: string | undefined;
	const last = () => {
		refuseChanged(file);
		backup = options.backup && file.bytes !== undefined ? backUp(path, options.now) : undefined;
		refuseChanged(file);
	};
	if (bytes !== undefined) {
		replaceFile(real, bytes, { mode, last });
	} else {
		last();
		removeFile(real);
	}
	return { backup };
}

function refuseChanged({ real, bytes }: SettingsFile): void {
	const now = readBytesIfThere(real);
	const same = now === undefined || bytes === undefined ? now === bytes : now.equals(bytes);
	if (!same) throw new SettingsProblem("was changed by another program meanwhile. Try again");
}

/** `settings.json.bak.20261121-171510`, with the mode of the file; a second one of the same second gets a number. */
function backUp(path: string, now: Date): string {
	const two = (n: number) => String(n).padStart(2, "0");
	const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
	const name = `${path}.bak.${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
	for (let n = 1; ; n++) {
		const backup = n === 1 ? name : `${name}-${n}`;
		try {
			copyFileSync(path, backup, constants.COPYFILE_EXCL);
			chmodSync(backup, statSync(path).mode & 0o7777);
			return backup;
		} catch (error) {
			if (!(error instanceof Error && "code" in error && error.code === "EEXIST") || n === 100) throw error;
		}
	}
}

export function sha256(bytes: Buffer): string {
	return createHash("sha256").update(bytes).digest("hex");
}
