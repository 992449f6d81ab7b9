import type { TaskOutcome } from "./task-outcome.ts";
import type { TaskProgress } from "./task-update.ts";

/** The first line of every message about it: `Failed (code 3) in 0:12`. */
export function taskOutcomeWords({ exit_code, signal, interrupted, duration_ms }: TaskOutcome): {
	icon: string;
	text: string;
} {
	const time = clockTime(duration_ms);
	if (interrupted) return { icon: "⏸️", text: `Interrupted by user after ${time}` };
	if (exit_code === 0) return { icon: "✅", text: `Done in ${time}` };
	if (signal !== null) return { icon: "❌", text: `Failed (${signal}) in ${time}` };
	if (exit_code === null) return { icon: "🏁", text: `Ended after ${time}, with an exit code that is not known` };
	return { icon: "❌", text: `Failed (code ${exit_code}) in ${time}` };
}

/** `0:12`, `1:02:03`. */
function clockTime(ms: number): string {
	const seconds = Math.floor(ms / 1000);
	const two = (n: number) => String(n).padStart(2, "0");
	const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
	return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The first line of its message. */
export function taskProgressWords({ kind, running_ms }: TaskProgress): { icon: string; text: string } {
	const seconds = Math.floor(running_ms / 1000);
	if (kind === "started") return { icon: "🤖", text: "Starting" };
	if (kind === "running") return { icon: "⏳", text: `Working (${seconds}s)` };
	return kind === "partial"
		? { icon: "📄", text: `Printed so far (${seconds}s)` }
		: { icon: "🔎", text: `Found (${seconds}s)` };
}
