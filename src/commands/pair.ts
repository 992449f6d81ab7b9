import { ApiError } from "../api-errors.ts";
import { readPairing, removePairing } from "../state/pairing.ts";
import type { Command } from "./tools.ts";

/** Finishes the pairing that `/notify-setup <address>` began. A code that cannot be one is refused here, without a request. */
export const pair: Command = async (args, { login, home, hostname, now }) => {
	const code = args.trim();
	if (!/^\d{6}$/.test(code)) return "The code has 6 digits. Use: /notify-pair 123456";
	const pending = readPairing(home, now());
	if (pending === undefined || pending.server !== login.api.server) {
		return "No pairing is waiting for a code. Run /notify-setup first.";
	}
	try {
		const proof = { temp_token: pending.temp_token, pairing_code: code, code_verifier: pending.code_verifier };
		const tokens = await login.api.exchange(proof, hostname);
		await login.pair(tokens);
		removePairing(home);
		return `Paired with ${tokens.address_masked} by ${tokens.channel}.\nType /notify-start "what you are doing" to be told about this session.`;
	} catch (error) {
		if (!(error instanceof ApiError) || error.status !== 401) throw error;
		if (triesLeft(error) === 0) removePairing(home);
		return error.message;
	}
};

/** A wrong code may be typed again while tries are left; anything else ended the pairing. */
function triesLeft({ details }: ApiError): number {
	const left = typeof details === "object" && details !== null && "tries_left" in details ? details.tries_left : 0;
	return typeof left === "number" ? left : 0;
}
