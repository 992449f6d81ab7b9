import * as z from "zod";
import { ApiError } from "../api-errors.ts";
import { finishPairing } from "../pair-machine.ts";
import { removePairing } from "../state/pairing.ts";
import type { Command } from "./tools.ts";

/** Finishes the pairing that `/notify-setup <address>` began. A code that cannot be one is refused here, without a request. */
export const pair: Command = async (args, tools) => {
	const code = args.trim();
	if (!/^\d{6}$/.test(code)) return "The code has 6 digits. Use: /notify-pair 123456";
	try {
		const tokens = await finishPairing(code, tools);
		if (tokens === undefined) return "No pairing is waiting for a code. Run /notify-setup first.";
		return `Paired with ${tokens.address_masked} by ${tokens.channel_title}.\nType /notify-start "what you are doing" to be told about this session.`;
	} catch (error) {
		if (!(error instanceof ApiError) || error.status !== 401) throw error;
		if (isOver(error)) removePairing(tools.home);
		return error.message;
	}
};

const passing = z.object({ reason: z.enum(["wrong", "unopened"]) });

/** A wrong code may be typed again while tries are left, and any code once the link was opened; all else ended the pairing. */
function isOver({ details }: ApiError): boolean {
	return !passing.safeParse(details).success;
}
