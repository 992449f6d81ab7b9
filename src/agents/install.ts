import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { withLock } from "../state/lock.ts";
import { tryHooks } from "./boot-gate.ts";
import { type Change, diffOf, InstallRefused, isChange, naming, wasThereIn } from "./change.ts";
import { bytesBefore, InstallRecord, type RecordEntry } from "./install-record.ts";
import { readSettingsFile, sha256, writeSettingsFile } from "./settings-file.ts";
import { bundledFiles, type CopyPlan, copyBundle, planCopy, removeCopy, stableFolder } from "./stable-copy.ts";
import { type AgentMachine, isHere, type Place, type Target, type TargetName, targets } from "./targets.ts";

export interface InstallTools {
	home: string;
	machine: AgentMachine;
	now: () => Date;
	/** How long a hook may take to show that it runs, in milliseconds. */
	hookLimitMs: number;
}

export interface InstallWish {
	/** Named by the person: also where the program does not seem to be. */
	named: readonly TargetName[];
	/** Only where the program is. */
	ifHere: readonly TargetName[];
	apply: boolean;
}

/** What became of one target. */
export interface Outcome {
	target: TargetName;
	file: string;
	/** `elsewhere`: it has what we would add, from somewhere else. `absent`: the program is not here. */
	state: "written" | "would change" | "unchanged" | "elsewhere" | "absent";
	diff: string;
	backup?: string;
	/** A sentence for the person. */
	note?: string;
}

export interface Installed {
	outcomes: Outcome[];
	/** The folder of the stable copy, and how many files of it differ, or did before they were written. */
	copy: { folder: string; files: number };
}

interface Plan extends Change {
	target: Target;
	outcome: Outcome;
	/** The bytes without anything of ours, for the record. */
	before: Buffer | undefined;
}

/** How long another install on this machine is waited for. */
const waitMs = 60_000;

/** Throws InstallRefused. Without `apply` nothing is written at all. */
export async function install(wish: InstallWish, tools: InstallTools): Promise<Installed> {
	if (!wish.apply) {
		const { plans, copy } = planAll(wish, tools);
		return { outcomes: plans.map(({ outcome }) => outcome), copy: summary(copy) };
	}
	const held = await withLock(join(tools.home, "install"), { waitMs }, () => applyAll(wish, tools));
	if (held === undefined) throw new InstallRefused("Another install runs on this machine. Try again when it is done.");
	return held.result;
}

async function applyAll(wish: InstallWish, tools: InstallTools): Promise<Installed> {
	const { plans, copy } = planAll(wish, tools);
	const changes = plans.filter(({ outcome }) => outcome.state === "would change");
	const present = plans.filter(({ outcome }) => outcome.state === "would change" || outcome.state === "unchanged");
	if (present.length > 0) {
		const isNew = !existsSync(copy.folder);
		naming(copy.folder, () => copyBundle(copy));
		const problem = await findBroken(copy.write.size > 0 ? present : changes, tools);
		if (problem !== undefined && isNew) removeCopy(copy.folder);
		if (problem !== undefined) throw new InstallRefused(problem);
	}
	for (const plan of changes) naming(plan.file.path, () => write(plan, tools));
	return { outcomes: plans.map(({ outcome }) => outcome), copy: summary(copy) };
}

const summary = ({ folder, write: files, remove }: CopyPlan) => ({ folder, files: files.size + remove.length });
const placeOf = ({ platform }: AgentMachine, stable: string): Place => ({ stable, platform });

function planAll({ named, ifHere }: InstallWish, { home, machine }: InstallTools): { plans: Plan[]; copy: CopyPlan } {
	const files = bundledFiles(machine);
	if (files === undefined) {
		throw new InstallRefused(`${machine.bundle} holds no built claude-notify. Run npm run build, then dist/cli.cjs.`);
	}
	const copy = planCopy(stableFolder(machine), files);
	const record = new InstallRecord(home).read();
	const wanted = Object.values(targets).filter(({ name }) => named.includes(name) || ifHere.includes(name));
	const plans = wanted.map((target: Target): Plan => {
		const isAbsent = !named.includes(target.name) && !isHere(target, machine);
		return naming(target.file(machine), () =>
			isAbsent ? absent(target, machine) : planOne(target, placeOf(machine, copy.folder), { machine, record }),
		);
	});
	return { plans, copy };
}

function absent(target: Target, machine: AgentMachine): Plan {
	const file = target.file(machine);
	const note = `${target.name} is not here (there is no ${dirname(file)}); --${target.name} sets it up all the same.`;
	const none = { path: file, real: file, bytes: undefined, text: "", mark: "" };
	const outcome: Outcome = { target: target.name, file, state: "absent", diff: "", note };
	return { target, file: none, bytes: undefined, before: undefined, outcome };
}

interface PlanOptions {
	machine: AgentMachine;
	record: RecordEntry[];
}

function planOne(target: Target, place: Place, { machine, record }: PlanOptions): Plan {
	const file = readSettingsFile(target.file(machine));
	const { name } = target;
	const elsewhere = target.elsewhere(file.text);
	const text = elsewhere === undefined ? target.add(file.text, place) : file.text;
	const bytes = text === file.text ? file.bytes : Buffer.from(file.mark + text);
	const noted = record.find((entry) => entry.file === file.path);
	const isOurs = noted !== undefined && file.bytes !== undefined && sha256(file.bytes) === noted.after;
	const before = isOurs ? bytesBefore(noted) : withoutOurs(target, file);
	const change = { file, bytes };
	const outcome: Outcome = { target: name, file: file.path, state: "unchanged", diff: "" };
	if (elsewhere !== undefined) {
		outcome.state = "elsewhere";
		outcome.note = `${elsewhere} is enabled already (${file.path}); a second one would tell everything twice.`;
	} else if (isChange(change)) {
		outcome.state = "would change";
		outcome.diff = diffOf(change);
	}
	return { ...change, target, before, outcome };
}

function withoutOurs(target: Target, { bytes, text, mark }: Plan["file"]): Buffer | undefined {
	const clean = target.remove(text, wasThereIn(undefined));
	return clean === text ? bytes : Buffer.from(mark + clean);
}

/** Runs the hooks of each. */
async function findBroken(plans: readonly Plan[], { machine, hookLimitMs }: InstallTools): Promise<string | undefined> {
	const place = placeOf(machine, stableFolder(machine));
	for (const { target } of plans) {
		const problem = await tryHooks(target.name, { machine, place, limitMs: hookLimitMs });
		if (problem === undefined) continue;
		return `No settings were written: a hook of ${target.name} does not run here.\n${problem}\nMend this and install again.`;
	}
	return undefined;
}

function write({ target, file, bytes, before, outcome }: Plan, { home, now }: InstallTools): void {
	const record = new InstallRecord(home);
	const noted = record.read().find((entry) => entry.file === file.path);
	record.put(file.path, {
		target: target.name,
		file: file.path,
		before: before?.toString("base64") ?? null,
		after: sha256(bytes ?? Buffer.alloc(0)),
		madeFolder: !existsSync(dirname(file.real)) || noted?.madeFolder === true,
	});
	try {
		const { backup } = writeSettingsFile(file, bytes, { now: now(), backup: true });
		outcome.state = "written";
		outcome.note = target.next;
		if (backup !== undefined) outcome.backup = backup;
	} catch (error) {
		record.put(file.path, noted);
		throw error;
	}
}
