import type { EventDetails, EventType } from "../../src/contract/events.ts";
import type { TaskOutcome } from "../../src/contract/task-outcome.ts";
import type { TaskProgress } from "../../src/contract/task-update.ts";
import { taskOutcomeWords, taskProgressWords } from "../../src/contract/task-words.ts";
import { plainText, withoutMarkdown } from "./plain-text.ts";

/** What a message says about an event. Only `text` is the agent's; it is the part that may be cut. */
export interface EventWords {
	/** For channels that have emoji. */
	icon: string;
	label: string;
	text: string;
	/** `text` is what a program printed. */
	log: boolean;
	/** Whether a reply from the phone makes sense now. */
	answerable: boolean;
	/** The turn is over: a word is enough to go on. */
	continuable: boolean;
	/** A command or a script of the person's says it, not Claude. */
	byCommand?: boolean;
}

type Words = (details: EventDetails) => EventWords;

const says = (icon: string, label: string, text: string, more: Partial<EventWords> = {}): EventWords => ({
	icon,
	label: text === "" ? label.replace(/:? $/, "") : label,
	text,
	log: false,
	answerable: true,
	continuable: false,
	...more,
});

const messageOf = ({ message = "" }: EventDetails) => withoutMarkdown(plainText(message));

/** `Bash: Exit code 3`, `rate limit: try again at 3pm`, or whichever half of it there is. */
function causeOf({ tool_name, error_kind, error_message, message }: EventDetails): string {
	const what = tool_name ?? error_kind?.replaceAll("_", " ") ?? "";
	return [what, error_message ?? message ?? ""].map(plainText).filter(Boolean).join(": ");
}

function minutesOf(seconds: number): string {
	const minutes = Math.max(1, Math.round(seconds / 60));
	return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const ofCommand = { answerable: false, byCommand: true };

function scriptWords({ message = "" }: EventDetails): EventWords {
	return says("🔔", "", plainText(message), ofCommand);
}

function taskWords(task: TaskOutcome, { message = "" }: EventDetails): EventWords {
	const tail = plainText(message);
	const { icon, text } = taskOutcomeWords(task);
	return says(icon, tail === "" ? text : `${text}\n`, tail, { ...ofCommand, log: true });
}

function progressWords(progress: TaskProgress, { message = "" }: EventDetails): EventWords {
	const { icon, text } = taskProgressWords(progress);
	const said = plainText(message);
	const log = progress.kind === "partial" || progress.kind === "regex";
	return says(icon, said === "" ? text : `${text}\n`, said, { ...ofCommand, log });
}

const words = {
	done: (details) => says("✅", "Completed successfully! ", messageOf(details), { continuable: true }),
	// A failed tool leaves the turn running; a failed turn (`error_kind`) ends it.
	error: (details) => {
		const more = { log: details.error_message?.includes("\n") ?? false, continuable: details.error_kind !== undefined };
		return says("⚠️", "Error: ", causeOf(details) || "something went wrong", more);
	},
	waiting: ({ idle_minutes = 10 }) =>
		says("⏳", `Waiting for input (${idle_minutes} min idle)`, "", { continuable: true }),
	// Answered at the computer until replies can answer a dialog.
	permission: (details) => says("🔐", "Permission needed at the computer: ", causeOf(details), { answerable: false }),
	question: (details) => says("❓", "Question at the computer: ", messageOf(details), { answerable: false }),
	progress: (details) =>
		details.running_seconds === undefined
			? says("💬", "", messageOf(details))
			: says("⏱️", `Still working, ${minutesOf(details.running_seconds)} so far`, ""),
	started: () => says("🤖", "Started", ""),
	session_lost: () => says("🔌", "Session lost: no sign of life from the computer", ""),
	task_finished: (details) => (details.task === undefined ? scriptWords(details) : taskWords(details.task, details)),
	task_update: (details) =>
		details.task_progress === undefined ? scriptWords(details) : progressWords(details.task_progress, details),
} as const satisfies Record<EventType, Words>;

export function eventWords(type: EventType, details: EventDetails): EventWords {
	return words[type](details);
}
