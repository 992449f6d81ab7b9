import { join } from "node:path";
import * as z from "zod";
import { readIfThere, removeFile, writePrivateFile } from "../state/files.ts";
import { targetNames } from "./targets.ts";

const entry = z.object({
	target: z.enum(targetNames),
	file: z.string(),
	/** Base64; null where there was no file. */
	before: z.base64().nullable(),
	/** SHA-256 of what we have written, in hex. */
	after: z.string(),
	madeFolder: z.boolean(),
});
export type RecordEntry = z.infer<typeof entry>;

const record = z.object({ files: z.array(entry) });

/** `installed.json`, 0600: what uninstall needs to put back the very bytes of before. */
export class InstallRecord {
	readonly #path: string;

	constructor(home: string) {
		this.#path = join(home, "installed.json");
	}

	/** One that cannot be understood counts as none: ours are recognised without it. */
	read(): RecordEntry[] {
		try {
			const read = record.safeParse(JSON.parse(readIfThere(this.#path) ?? "null"));
			return read.success ? read.data.files : [];
		} catch {
			return [];
		}
	}

	/** In the place of what stands there of the same file; undefined takes that away. */
	put(file: string, written: RecordEntry | undefined): void {
		const others = this.read().filter((each) => each.file !== file);
		const files = written === undefined ? others : [...others, written];
		if (files.length === 0) removeFile(this.#path);
		else writePrivateFile(this.#path, JSON.stringify({ files }));
	}
}

/** The bytes of before; undefined where there was no file, or nothing is known. */
export function bytesBefore(entry: RecordEntry | undefined): Buffer | undefined {
	return typeof entry?.before === "string" ? Buffer.from(entry.before, "base64") : undefined;
}
