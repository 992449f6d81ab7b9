import type { TaskOutcome } from "../contract/task-outcome.ts";
import { taskOutcomeWords } from "../contract/task-words.ts";
import type { DesktopNote } from "../desktop/show-on-desktop.ts";
import type { RunOptions } from "./run-options.ts";

const maxLines = 3;

/** How a command ended, for whoever sits at the computer: the first line of the phone's message, and the last lines of the output. */
export function endNote(
	{ title, tail, task_id, ...outcome }: TaskOutcome & { tail: string; task_id: string },
	{ message, sound }: Pick<RunOptions, "message" | "sound">,
): DesktopNote {
	const { icon, text } = taskOutcomeWords({ title, ...outcome });
	const said = message ?? tail.trimEnd().split("\n").slice(-maxLines).join("\n");
	return {
		title: `${icon} ${title}`,
		body: said === "" ? text : `${text}\n${said}`,
		group: task_id,
		urgency: outcome.interrupted || outcome.exit_code === 0 ? "normal" : "failed",
		...(sound === undefined ? {} : { sound }),
	};
}
