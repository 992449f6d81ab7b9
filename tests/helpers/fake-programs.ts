import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "./temporary-folder.ts";

export interface FakeProgram {
	/** What it prints; nothing if it is left out. */
	prints?: string;
	exitCode?: number;
	/** How long it takes, in seconds. */
	seconds?: number;
	/** Variables of its environment to record. */
	variables?: string[];
}

/** One call of a fake program. */
export interface Called {
	args: string[];
	env: Record<string, string>;
}

/** A folder for PATH with programs in it that record how they are called. */
export interface FakePrograms extends AsyncDisposable {
	path: string;
	add(name: string, program?: FakeProgram): Promise<void>;
	/** Each call in its order. */
	calls(name: string): Promise<Called[]>;
}

export async function fakePrograms(): Promise<FakePrograms> {
	const folder = await temporaryFolder();
	const wanted = new Map<string, string[]>();
	const log = (name: string) => join(folder.path, `${name}.calls`);
	return {
		path: folder.path,
		async add(name, { prints = "", exitCode = 0, seconds = 0, variables = [] } = {}) {
			wanted.set(name, variables);
			const recorded = variables.map((variable) => `"$${variable}"`).join(" ");
			// One write, so that what waits for the file never reads half of it: \036 ends a call, \037 a word.
			const lines = [
				"#!/bin/sh",
				`words=$(for word in ${recorded} "$@"; do printf '%s\\037' "$word"; done)`,
				`printf '%s\\036' "$words" >> '${log(name)}'`,
				seconds === 0 ? "" : `exec /bin/sleep ${seconds}`,
				`printf '%s' '${prints}'`,
				`exit ${exitCode}`,
			];
			await writeFile(join(folder.path, name), `${lines.join("\n")}\n`, { mode: 0o755 });
		},
		async calls(name) {
			const text = await readFile(log(name), "utf8").catch(() => "");
			const variables = wanted.get(name) ?? [];
			return text
				.split("\u001e")
				.slice(0, -1)
				.map((call) => {
					const words = call.split("\u001f").slice(0, -1);
					const env = Object.fromEntries(variables.map((variable, at) => [variable, words[at] ?? ""]));
					return { args: words.slice(variables.length), env };
				});
		},
		[Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
	};
}
