import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import { rowsOf } from "../db/client.ts";
import { pairings } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";
import { type DeadPairing, whyDead } from "./guess-code.ts";
import { maxSends, maxTries, type PairingRules, refuseTooManySends } from "./pairing-rules.ts";
import { codeMac, tempTokenHash } from "./secrets.ts";
import { sendCode } from "./send-code.ts";

export type Resent = { outcome: "sent" } | { outcome: "no_more" } | { outcome: DeadPairing };

/** A new code for the same pairing; the one before is dead from here on, and neither tries nor time begin again. */
export async function resendCode(deps: Deps, tempToken: string, rules: PairingRules): Promise<Resent> {
	const hash = tempTokenHash(deps, tempToken);
	const [pairing] = await deps.db.select().from(pairings).where(eq(pairings.tempTokenHash, hash));
	if (pairing === undefined) return { outcome: "unknown" };
	const channel = deps.channels.get(pairing.channel);
	if (channel === undefined) throw new AppError("unavailable", `This server cannot send by ${pairing.channel} now.`);
	const { addressMac, addressSealed, label } = pairing;
	if (addressMac === null || addressSealed === null || label === null) return { outcome: "unopened" };
	if (pairing.sends >= maxSends) return { outcome: "no_more" };
	if (!channel.simulated) await rules.countSend();

	const code = deps.code();
	const renewed = await deps.db.transaction(async (tx) => {
		await refuseTooManySends(tx, channel, addressMac);
		const [row] = await rowsOf(
			tx,
			z.object({ sends: z.int() }),
			sql`update pairings set code_mac = ${codeMac(deps, hash, code)}, sends = sends + 1, last_sent_at = now()
				where temp_token_hash = ${hash} and sends < ${maxSends} and tries < ${maxTries}
					and used_at is null and confirmed_at is null and expires_at > now()
				returning sends`,
		);
		return row?.sends;
	});
	if (renewed === undefined) return { outcome: await whyDead(deps.db, hash) };
	await sendCode(deps, channel, {
		pairingId: pairing.id,
		sends: renewed,
		address: deps.vault.open(addressSealed),
		label,
		code,
	});
	return { outcome: "sent" };
}
