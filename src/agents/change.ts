import { createTwoFilesPatch } from "diff";
import { findNodeAtLocation, parseTree } from "jsonc-parser";
import { reasonOf } from "../log.ts";
import type { WasThere } from "./hook-entries.ts";
import { SettingsProblem } from "./json-edit.ts";
import type { SettingsFile } from "./settings-file.ts";

/** It was not done; `message` says why, and what can be done. */
export class InstallRefused extends Error {
	override readonly name = "InstallRefused";
}

/** What is to become of one settings file. */
export interface Change {
	file: SettingsFile;
	/** Undefined: the file goes. */
	bytes: Buffer | undefined;
}

export function isChange({ file, bytes }: Change): boolean {
	return file.bytes === undefined || bytes === undefined ? file.bytes !== bytes : !file.bytes.equals(bytes);
}

/** A unified diff. */
export function diffOf({ file, bytes }: Change): string {
	const before = file.bytes === undefined ? "/dev/null" : file.path;
	const after = bytes === undefined ? "/dev/null" : file.path;
	const texts = [file.bytes, bytes].map((each) => each?.toString("utf8") ?? "");
	const patch = createTwoFilesPatch(before, after, texts[0] ?? "", texts[1] ?? "");
	return patch.replace(/^(Index: .*\n)?=+\n/, "").trimEnd();
}

/** Does what may find the file unfit; what it throws then names the file. */
export function naming<T>(path: string, work: () => T): T {
	try {
		return work();
	} catch (error) {
		if (error instanceof SettingsProblem) throw new InstallRefused(`${path} ${error.message}. It was left untouched.`);
		if (error instanceof Error && "code" in error) {
			throw new InstallRefused(`${path} cannot be read or written: ${reasonOf(error)}`);
		}
		throw error;
	}
}

/** Of the settings as they were before anything of ours came. */
export function wasThereIn(bytes: Buffer | undefined): WasThere {
	const tree = bytes === undefined ? undefined : parseTree(bytes.toString("utf8").replace(/^\uFEFF/, ""));
	return (...path) => tree !== undefined && findNodeAtLocation(tree, path) !== undefined;
}
