import { uninstall as uninstallAgents } from "../agents/uninstall.ts";
import { installTools, namedTargets, orFail, outcomeLines, sayAll, targetFlags } from "./agent-targets.ts";
import { type CliResult, cliCommand } from "./command.ts";

/** The reverse of `install`. */
export const uninstall = cliCommand({
	name: "uninstall",
	summary: "Take out again what install has put in; only shows what it would change",
	example: "claude-notify uninstall --apply",
	args: { ...targetFlags, apply: { type: "boolean", description: "Write it; without this nothing is written" } },
	async run({ claude, codex, gemini, apply, _: words }, tools): Promise<CliResult> {
		const wish = { named: namedTargets({ claude, codex, gemini }, words), apply: apply === true };
		const undone = await orFail(uninstallAgents(wish, installTools(tools)));
		const { outcomes, copy } = undone;
		const data = { applied: wish.apply, ...undone };
		const isNothing = copy.files === 0 && outcomes.every(({ state }) => state === "unchanged");
		if (isNothing) return { data, text: "Nothing of ours is installed; nothing was changed." };
		if (wish.apply) {
			const gone = copy.files > 0 ? [`Removed ${copy.folder}`] : [];
			return { data, text: [...outcomes.flatMap(outcomeLines), ...gone].join("\n") };
		}
		if (copy.files > 0) sayAll([`${copy.folder} would be removed.`], tools);
		sayAll(["Nothing was written. Add --apply to write it."], tools);
		return { data, text: outcomes.flatMap(({ diff }) => (diff === "" ? [] : diff)).join("\n") };
	},
});
