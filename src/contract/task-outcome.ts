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
