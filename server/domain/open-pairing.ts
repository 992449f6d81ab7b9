import { sql } from "drizzle-orm";
import { z } from "zod";
import { rowsOf } from "../db/client.ts";
import type { OpenedPairing } from "../inbound/inbound.ts";
import type { Deps } from "./deps.ts";
import { maxSends } from "./pairing-rules.ts";
import { codeMac, linkTokenHash } from "./secrets.ts";
import { sendCode } from "./send-code.ts";

const opened = z.object({ id: z.uuid(), sends: z.int() });

/**
 * Somebody opened a pairing's link: the address is theirs, and the channel tells them the code. The first who comes has the
 * pairing; opening it again brings a new code, as often as a code may be sent. A link that is no good any more does nothing.
 */
export async function openPairing(deps: Deps, { channel: name, token, address, label }: OpenedPairing): Promise<void> {
	const channel = deps.channels.get(name);
	if (channel === undefined) return;
	const code = deps.code();
	const mac = deps.vault.mac("address", address);
	const pairing = await deps.db.transaction(async (tx) => {
		const [found] = await rowsOf(
			tx,
			z.object({ temp_token_hash: z.string() }),
			sql`select temp_token_hash from pairings
				where link_token_hash = ${linkTokenHash(deps, token)} and channel = ${name}
					and used_at is null and confirmed_at is null and expires_at > now() and sends < ${maxSends}
					and (address_mac is null or address_mac = ${mac})
				for update`,
		);
		if (found === undefined) return undefined;
		const [row] = await rowsOf(
			tx,
			opened,
			sql`update pairings set address_sealed = ${deps.vault.seal(address)}, address_mac = ${mac}, label = ${label},
					code_mac = ${codeMac(deps, found.temp_token_hash, code)}, sends = sends + 1, last_sent_at = now()
				where temp_token_hash = ${found.temp_token_hash}
				returning id, sends`,
		);
		return row;
	});
	if (pairing === undefined) {
		deps.log.info({ channel: name }, "a pairing link was opened that is no good any more");
		return;
	}
	await sendCode(deps, channel, { pairingId: pairing.id, sends: pairing.sends, address, label, code });
}
