import { closeSync, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import { type ReportEvent, reportEvent } from "../contract/events.ts";
import { ensurePrivateFolder, readIfThere } from "./files.ts";

export const maxSpooled = 1000;
/** Lines beyond the pending ones that are worth a rewrite of the file. */
const maxGarbage = 1000;

const line = z.union([z.object({ put: reportEvent }), z.object({ gone: z.string() })]);
type Line = { put: ReportEvent } | { gone: string };

/**
 * The events of one session that the server has not taken yet, in order: `spool/<session>.ndjson`.
 * Anybody may append, in one write and without a lock; a line that a kill tore is ignored. Only the holder of the lock of `path` settles.
 * Events that the disk refuses are kept in memory: a hook must not fail for them.
 */
export class Spool {
	readonly path: string;
	readonly #warn: (message: string) => void;
	#pending = new Map<string, ReportEvent>();
	readonly #unwritten = new Set<string>();
	#lines = 0;
	#torn = false;

	/** `sessionId` is the server's: it stays when Claude Code's own changes. */
	constructor(home: string, sessionId: string, warn: (message: string) => void) {
		this.path = join(home, "spool", `${z.uuid().parse(sessionId)}.ndjson`);
		this.#warn = warn;
		this.#guarded("be read", () => this.reload());
	}

	get size(): number {
		return this.#pending.size;
	}

	first(): ReportEvent | undefined {
		return this.#pending.values().next().value;
	}

	/** Takes in what other processes appended or settled. */
	reload(): void {
		this.#take(readIfThere(this.path) ?? "");
	}

	/** Returns the event as it will be sent: the oldest one that is no error makes room for it, and that is told in `dropped`. */
	append(event: ReportEvent): ReportEvent {
		const lines: Line[] = [];
		let dropped = event.details.dropped ?? 0;
		while (this.#pending.size >= maxSpooled) {
			const victim = [...this.#pending.values()].find(({ type }) => type !== "error") ?? this.first();
			if (victim === undefined) break;
			this.#pending.delete(victim.id);
			this.#unwritten.delete(victim.id);
			dropped += 1 + (victim.details.dropped ?? 0);
			lines.push({ gone: victim.id });
		}
		const kept = dropped === 0 ? event : { ...event, details: { ...event.details, dropped } };
		this.#pending.set(kept.id, kept);
		lines.push({ put: kept });
		if (!this.#guarded("be written", () => this.#write(lines))) this.#unwritten.add(kept.id);
		return kept;
	}

	/** The server has answered for this event, or will never take it. */
	settle(id: string): void {
		this.#pending.delete(id);
		this.#unwritten.delete(id);
		this.#guarded("be written", () => {
			if (this.#pending.size === 0 || this.#lines > this.#pending.size + maxGarbage) this.#rewrite(id);
			else this.#write([{ gone: id }]);
		});
	}

	/** The session is over on the server: nothing of this can be sent any more. */
	discard(): void {
		this.#pending.clear();
		this.#unwritten.clear();
		rmSync(this.path, { force: true });
	}

	#take(text: string, settled?: string): void {
		const lines = parseLines(text);
		const gone = new Set(lines.flatMap((entry) => ("gone" in entry ? [entry.gone] : [])));
		if (settled !== undefined) gone.add(settled);
		const kept = [...this.#unwritten].flatMap((id) => this.#pending.get(id) ?? []);
		const written = lines.flatMap((entry) => ("put" in entry ? [entry.put] : []));
		this.#pending = new Map([...written, ...kept].filter(({ id }) => !gone.has(id)).map((event) => [event.id, event]));
		this.#lines = lines.length;
		this.#torn = text !== "" && !text.endsWith("\n");
	}

	#write(lines: Line[]): void {
		const text = textOf(lines);
		for (;;) {
			const file = this.#open();
			try {
				const begin = this.#torn ? "\n" : "";
				this.#torn = true;
				writeFileSync(file, begin + text);
				this.#torn = false;
				this.#lines += lines.length;
				// A settler replaced the file meanwhile: what was written into the old one may not have been taken over.
				if (fstatSync(file).nlink > 0) return;
			} finally {
				closeSync(file);
			}
		}
	}

	/** A hook waits for this: the folder is looked at only where it is missing. */
	#open(): number {
		try {
			return openSync(this.path, "a", 0o600);
		} catch {
			ensurePrivateFolder(dirname(this.path));
			return openSync(this.path, "a", 0o600);
		}
	}

	/** Leaves the pending events alone in the file. What others append meanwhile is not lost: either it is read here at the end, or they see the old file gone. */
	#rewrite(settled: string): void {
		const old = openSync(this.path, "a+", 0o600);
		try {
			const text = readFileSync(old);
			// A line that somebody is writing at this moment may be read in two parts.
			const end = text.lastIndexOf("\n") + 1;
			this.#take(text.toString("utf8", 0, end), settled);
			if (this.#pending.size === 0) {
				rmSync(this.path, { force: true });
				this.#lines = 0;
			} else {
				const draft = `${this.path}.${process.pid}.tmp`;
				writeFileSync(draft, textOf([...this.#pending.values()].map((put) => ({ put }))), { mode: 0o600 });
				renameSync(draft, this.path);
				this.#lines = this.#pending.size;
			}
			this.#unwritten.clear();
			this.#torn = false;
			const late = parseLines(Buffer.concat([text.subarray(end), readFileSync(old)]).toString());
			if (late.length === 0) return;
			this.#write(late);
			this.reload();
		} finally {
			closeSync(old);
		}
	}

	#guarded(what: string, work: () => void): boolean {
		try {
			work();
			return true;
		} catch (error) {
			this.#warn(`the spool cannot ${what}: ${error instanceof Error ? error.message : "unknown reason"}`);
			return false;
		}
	}
}

function textOf(lines: Line[]): string {
	return lines.map((entry) => `${JSON.stringify(entry)}\n`).join("");
}

function parseLines(text: string): Line[] {
	return text.split("\n").flatMap((part) => {
		try {
			const parsed = line.safeParse(part === "" ? undefined : JSON.parse(part));
			return parsed.success ? [parsed.data] : [];
		} catch {
			return [];
		}
	});
}
