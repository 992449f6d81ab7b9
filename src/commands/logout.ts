import { NotPaired } from "../companion/login.ts";
import { reasonOf } from "../log.ts";
import { removePairing } from "../state/pairing.ts";
import type { Command, CommandTools } from "./tools.ts";

/** Revokes this machine's login and wipes what it keeps; the wipe does not wait for the server. */
export const logout: Command = async (_args, tools) => {
	const told = await revoke(tools);
	const { keeper, login, home, pairing } = tools;
	pairing.listener?.close();
	pairing.note = undefined;
	await keeper.forgetAll();
	await login.forget();
	removePairing(home);
	return told;
};

async function revoke({ login }: CommandTools): Promise<string> {
	try {
		const { sessions_cleared } = await login.call((token) => login.api.logout(token));
		return `Logged out. Monitored sessions that ended: ${sessions_cleared}.`;
	} catch (error) {
		if (error instanceof NotPaired) return "Logged out: there was no login on this machine.";
		return `Logged out on this machine, but the server could not be told (${reasonOf(error)}). Its login ends by itself when its token runs out.`;
	}
}
