import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readBytesIfThere, removeEmptyFolder } from "../state/files.ts";
import { withLock } from "../state/lock.ts";
import { type Change, diffOf, InstallRefused, isChange, naming, wasThereIn } from "./change.ts";
import type { Installed, InstallTools, Outcome } from "./install.ts";
import { bytesBefore, InstallRecord, type RecordEntry } from "./install-record.ts";
import { marketplaceName } from "./plugin-entries.ts";
import { readSettingsFile, sha256, writeSettingsFile } from "./settings-file.ts";
import { removeCopy, stableFolder } from "./stable-copy.ts";
import { type Target, type TargetName, targets } from "./targets.ts";

export interface UninstallWish {
	/** None: everything that is there of ours. */
	named: readonly TargetName[];
	apply: boolean;
}

interface Plan extends Change {
	target: Target;
	outcome: Outcome;
	noted: RecordEntry | undefined;
	/** Nobody has touched it since: the bytes of before come back. */
	untouched: boolean;
}

const waitMs = 60_000;

/** Throws InstallRefused. `copy.files` is 0 where the stable copy stays. */
export async function uninstall(wish: UninstallWish, tools: InstallTools): Promise<Installed> {
	const folder = stableFolder(tools.machine);
	const report = (plans: readonly Plan[], goes: boolean): Installed => ({
		outcomes: plans.map(({ outcome }) => outcome),
		copy: { folder, files: goes ? 1 : 0 },
	});
	if (!wish.apply) {
		const plans = planAll(wish.named, tools);
		const stays = planAll([], tools).filter(({ file }) => !plans.some((plan) => plan.file.path === file.path));
		return report(plans, existsSync(folder) && !callsUs(stays));
	}
	const held = await withLock(join(tools.home, "install"), { waitMs }, async () => {
		const plans = planAll(wish.named, tools);
		for (const plan of plans) naming(plan.file.path, () => undo(plan, tools));
		const goes = existsSync(folder) && !callsUs(planAll([], tools));
		if (goes) naming(folder, () => removeCopy(folder));
		return report(plans, goes);
	});
	if (held === undefined) throw new InstallRefused("An install runs on this machine. Try again when it is done.");
	return held.result;
}

const callsUs = (plans: readonly Plan[]) => plans.some(({ outcome }) => outcome.state === "would change");

/** Each settings file that install has written, and the one of each agent where it would write now. */
function planAll(named: readonly TargetName[], tools: InstallTools): Plan[] {
	const record = new InstallRecord(tools.home).read();
	const wanted = Object.values(targets).filter(({ name }) => named.length === 0 || named.includes(name));
	return wanted.flatMap((target: Target) => {
		const noted = record.filter((entry) => entry.target === target.name);
		const usual = target.file(tools.machine);
		const isNoted = noted.some(({ file }) => file === usual);
		const plans = noted.map((entry) => planOne(target, entry.file, entry));
		if (isNoted) return plans;
		return [...plans, ...(named.length > 0 ? [planOne(target, usual, undefined)] : planUnasked(target, usual))];
	});
}

/** One that nobody has named may be as broken as it likes, unless it speaks of us. */
function planUnasked(target: Target, path: string): Plan[] {
	try {
		return [planOne(target, path, undefined)];
	} catch (error) {
		if (!(error instanceof InstallRefused) || speaksOfUs(path)) throw error;
		return [];
	}
}

function speaksOfUs(path: string): boolean {
	try {
		const bytes = readBytesIfThere(path);
		return (
			bytes !== undefined && (bytes.includes(marketplaceName) || /cli\.cjs.{0,9} hook /.test(bytes.toString("latin1")))
		);
	} catch {
		return false;
	}
}

function planOne(target: Target, path: string, noted: RecordEntry | undefined): Plan {
	return naming(path, () => {
		const file = readSettingsFile(path);
		const untouched = noted !== undefined && file.bytes !== undefined && sha256(file.bytes) === noted.after;
		const before = bytesBefore(noted);
		const bytes = untouched ? before : without(target, file, before);
		const change = { file, bytes };
		const changes = isChange(change);
		const outcome: Outcome = {
			target: target.name,
			file: path,
			state: changes ? "would change" : "unchanged",
			diff: changes ? diffOf(change) : "",
		};
		return { ...change, target, noted, untouched, outcome };
	});
}

function without(target: Target, { bytes, text, mark }: Plan["file"], before: Buffer | undefined): Buffer | undefined {
	if (bytes === undefined) return undefined;
	const clean = target.remove(text, wasThereIn(before));
	return clean === text ? bytes : Buffer.from(mark + clean);
}

function undo({ file, bytes, noted, untouched, outcome }: Plan, { home, now }: InstallTools): void {
	if (outcome.state === "would change") {
		const { backup } = writeSettingsFile(file, bytes, { now: now(), backup: !untouched });
		outcome.state = "written";
		if (backup !== undefined) outcome.backup = backup;
		if (bytes === undefined && noted?.madeFolder === true) removeEmptyFolder(dirname(file.real));
	}
	new InstallRecord(home).put(file.path, undefined);
}
