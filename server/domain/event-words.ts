import type { EventDetails, EventType } from "../../src/contract/events.ts";
import { plainText, withoutMarkdown } from "./plain-text.ts";

/** What a message says about an event. Only `text` is the agent's; it is the part that may be cut. */
export interface EventWords {
	/** For channels that have emoji. */
	icon: string;
	label: string;
	text: string;
	/** Whether a reply from the phone makes sense now. */
	answerable: boolean;
}

type Words = (details: EventDetails) => EventWords;

const says = (icon: string, label: string, text: string, answerable = true): EventWords => ({
	icon,
	label: text === "" ? label.replace(/:? $/, "") : label,
	text,
	answerable,
});

const messageOf = ({ message = "" }: EventDetails) => withoutMarkdown(plainText(message));

/** `Bash: Exit code 3`, `rate limit: try again at 3pm`, or whichever half of it there is. */
function causeOf({ tool_name, error_kind, error_message, message }: EventDetails): string {
	const what = tool_name ?? error_kind?.replaceAll("_", " ") ?? "";
	return [what, error_message ?? message ?? ""].map(plainText).filter(Boolean).join(": ");
}

const words = {
	done: (details) => says("✅", "Completed successfully! ", messageOf(details)),
	error: (details) => says("⚠️", "Error: ", causeOf(details) || "something went wrong"),
	waiting: ({ idle_minutes = 10 }) => says("⏳", `Waiting for input (${idle_minutes} min idle)`, ""),
	// Answered at the computer until replies can answer a dialog.
	permission: (details) => says("🔐", "Permission needed at the computer: ", causeOf(details), false),
	question: (details) => says("❓", "Question at the computer: ", messageOf(details), false),
	progress: (details) => says("💬", "", messageOf(details)),
	started: () => says("🤖", "Started", ""),
	session_lost: () => says("🔌", "Session lost: no sign of life from the computer", ""),
	task_finished: (details) => says("🏁", "Task finished: ", messageOf(details)),
} as const satisfies Record<EventType, Words>;

export function eventWords(type: EventType, details: EventDetails): EventWords {
	return words[type](details);
}
