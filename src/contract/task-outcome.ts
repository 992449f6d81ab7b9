import * as z from "zod";
import { cutTo } from "./text.ts";

/** How a command ended: what a message about it is made of, on the desktop and on the phone. */
export const taskOutcome = z.strictObject({
	title: cutTo(200),
	/** Null when a signal ended it, or when it is not known. */
	exit_code: z.int().min(-2_147_483_648).max(4_294_967_295).nullable(),
	signal: cutTo(20).nullable(),
	/** The person ended it at the terminal: no failure. */
	interrupted: z.boolean(),
	duration_ms: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
});
export type TaskOutcome = z.infer<typeof taskOutcome>;

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
