import { existsSync } from "node:fs";
import { join } from "node:path";
import { eventsOf } from "../agents/agent-events.ts";
import { pluginEvents } from "../agents/boot-gate.ts";
import { type Installed, install as installAgents } from "../agents/install.ts";
import { targetNames, targets } from "../agents/targets.ts";
import { installTools, namedTargets, orFail, outcomeLines, sayAll, targetFlags } from "./agent-targets.ts";
import { type CliResult, type CliTools, cliCommand } from "./command.ts";

/** Puts our hooks into other programs' settings, or the plugin into Claude Code's. */
export const install = cliCommand({
	name: "install",
	summary: "Set up Claude Code, codex or gemini to tell your phone; only shows what it would change",
	example: "claude-notify install --codex --apply",
	args: {
		...targetFlags,
		all: { type: "boolean", description: "All of them that are here" },
		apply: { type: "boolean", description: "Write it; without this nothing is written" },
		list: { type: "boolean", description: "Only say which files and events these are" },
	},
	async run({ claude, codex, gemini, all, apply, list, _: words }, tools): Promise<CliResult> {
		const chosen = namedTargets({ claude, codex, gemini }, words);
		if (list === true) return listed(tools);
		const named = chosen.length > 0 || all === true ? chosen : (["claude"] as const);
		const wish = { named, ifHere: all === true ? targetNames : [], apply: apply === true };
		const installed = await orFail(installAgents(wish, installTools(tools)));
		return wish.apply ? done(installed, tools) : shown(installed, tools);
	},
});

function shown(installed: Installed, tools: CliTools): CliResult {
	const { outcomes, copy } = installed;
	const diffs = outcomes.flatMap(({ diff }) => (diff === "" ? [] : diff));
	sayAll(outcomes.flatMap(outcomeLines), tools);
	if (copy.files > 0) sayAll([`${copy.files} files of ours would be copied to ${copy.folder}`], tools);
	const isDone = diffs.length === 0 && copy.files === 0;
	sayAll([isDone ? "There is nothing to change." : "Nothing was written. Add --apply to write it."], tools);
	return { data: { applied: false, ...installed }, text: diffs.join("\n") };
}

function done(installed: Installed, { home }: CliTools): CliResult {
	const { outcomes, copy } = installed;
	const lines = outcomes.flatMap(outcomeLines);
	const isSetUp = outcomes.some(({ state }) => state === "written" || state === "unchanged");
	if (isSetUp && copy.files > 0) lines.push(`Copied ${copy.files} files of ours to ${copy.folder}`);
	if (lines.length === 0) lines.push("Everything is installed already; nothing was changed.");
	if (isSetUp && !existsSync(join(home, "auth.json"))) lines.push("Next: claude-notify login");
	return { data: { applied: true, ...installed }, text: lines.join("\n") };
}

function listed({ machine }: CliTools): CliResult {
	const rows = targetNames.map((name) => ({
		target: name,
		file: targets[name].file(machine),
		events: name === "claude" ? pluginEvents(machine.bundle) : eventsOf(name),
	}));
	const text = rows.map(({ target, file, events }) => `${target.padEnd(7)} ${file}\n        ${events.join(", ")}`);
	return { data: rows, text: text.join("\n") };
}
