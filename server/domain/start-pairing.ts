import { sql } from "drizzle-orm";
import { pairingSeconds } from "../../src/contract/auth.ts";
import type { ChannelName } from "../../src/contract/channels.ts";
import { pairings } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";
import { type PairingRules, refuseCountry, refuseTooManySends } from "./pairing-rules.ts";
import { codeMac, tempTokenHash } from "./secrets.ts";
import { sendCode } from "./send-code.ts";

export interface PairingRequest {
	channel: ChannelName;
	/** As the person typed it. */
	address: string;
	state: string;
	/** PKCE S256. */
	codeChallenge: string;
	/** The companion's listener, when the hosted page takes the code. */
	callbackUri: string | undefined;
}

export interface StartedPairing {
	tempToken: string;
	channel: ChannelName;
	label: string;
}

/** Both doors of the login. Whether the address is somebody's is never looked up here, so nothing can tell it. */
export async function startPairing(deps: Deps, request: PairingRequest, rules: PairingRules): Promise<StartedPairing> {
	const channel = deps.channels.get(request.channel);
	if (channel === undefined) {
		const offered = [...deps.channels.keys()].join(", ");
		throw new AppError("invalid_request", `This server cannot send by ${request.channel}; it has: ${offered}.`);
	}
	const checked = channel.checkAddress(request.address);
	if (!checked.ok) throw new AppError("invalid_request", checked.message);
	refuseCountry(channel, checked.country, rules);
	if (!channel.simulated) await rules.countSend();

	const { address, label } = checked;
	const addressMac = deps.vault.mac("address", address);
	const tempToken = deps.secret(32);
	const code = deps.code();
	const id = deps.id();
	await forgetOldPairings(deps);
	await deps.db.transaction(async (tx) => {
		await refuseTooManySends(tx, channel, addressMac);
		await tx.insert(pairings).values({
			id,
			tempTokenHash: tempTokenHash(deps, tempToken),
			channel: channel.name,
			addressSealed: deps.vault.seal(address),
			addressMac,
			label,
			codeMac: codeMac(deps, tempToken, code),
			codeChallenge: request.codeChallenge,
			state: request.state,
			callbackUri: request.callbackUri ?? null,
			expiresAt: sql`now() + make_interval(secs => ${pairingSeconds})`,
		});
	});
	await sendCode(deps, channel, { pairingId: id, sends: 1, address, label, code });
	return { tempToken, channel: channel.name, label };
}

/** Addresses of people who never finished are not kept longer than the limits need them. */
async function forgetOldPairings(deps: Pick<Deps, "db">): Promise<void> {
	await deps.db.execute(sql`delete from pairings where last_sent_at < now() - interval '2 days'`);
}
