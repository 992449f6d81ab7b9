import type { Channel } from "../channels/channel.ts";
import { reasonOf } from "../db/errors.ts";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";
import { linkTokenOf } from "./secrets.ts";

/** What the person opens to say where they are. Throws AppError `unavailable` while the provider does not answer. */
export async function pairingLink(
	deps: Pick<Deps, "vault" | "log">,
	channel: Channel,
	tempToken: string,
): Promise<string> {
	try {
		const link = await channel.pairingLink?.(linkTokenOf(deps, tempToken));
		if (link !== undefined) return link;
	} catch (error) {
		if (error instanceof AppError) throw error;
		const reason = reasonOf(error);
		deps.log.warn({ channel: channel.name, reason }, "a pairing link could not be made");
		throw new AppError("unavailable", `${channel.title} does not answer just now. Try again in a minute.`, {
			retryAfter: 60,
		});
	}
	throw new AppError("invalid_request", `${channel.title} needs an address, like ${channel.addressExample}.`);
}
