import { InstallRefused } from "../agents/change.ts";
import type { Installed, InstallTools, Outcome } from "../agents/install.ts";
import { type TargetName, targetNames } from "../agents/targets.ts";
import { plainText } from "../plain-text.ts";
import { CliFailure, type CliTools, UsageError } from "./command.ts";

/** As long as the agents would wait. */
const hookLimitMs = 10_000;

export const targetFlags = {
	claude: { type: "boolean", description: "Claude Code: the plugin" },
	codex: { type: "boolean", description: "OpenAI's codex: hooks" },
	gemini: { type: "boolean", description: "Google's gemini-cli: hooks" },
} as const;

export function namedTargets(given: Readonly<Record<TargetName, boolean | undefined>>, words: readonly string[]) {
	const [word] = words;
	if (word !== undefined)
		throw new UsageError(`${word} is no option. Name the program by --claude, --codex or --gemini.`);
	return targetNames.filter((name) => given[name] === true);
}

export function installTools({ home, machine, now }: CliTools): InstallTools {
	return { home, machine, now, hookLimitMs };
}

/** What was refused is said as it is. */
export async function orFail(work: Promise<Installed>): Promise<Installed> {
	try {
		return await work;
	} catch (error) {
		if (error instanceof InstallRefused) throw new CliFailure("refused", error.message);
		throw error;
	}
}

/** One line, or several, for what became of a target. */
export function outcomeLines({ file, state, backup, note, diff }: Outcome): string[] {
	const lines = state === "written" ? [`${diff.includes("\n+++ /dev/null") ? "Removed" : "Wrote"} ${file}`] : [];
	if (backup !== undefined) lines.push(`  what was there before: ${backup}`);
	if (note !== undefined) lines.push(state === "written" ? `  ${note}` : note);
	return lines;
}

/** File names and other programs' words: nothing of them may move the cursor. */
export function sayAll(lines: readonly string[], { say }: CliTools): void {
	for (const line of lines) say(plainText(line));
}
