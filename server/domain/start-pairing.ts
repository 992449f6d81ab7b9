import { sql } from "drizzle-orm";
import { pairingSeconds } from "../../src/contract/auth.ts";
import type { ChannelName } from "../../src/contract/channels.ts";
import type { Channel } from "../channels/channel.ts";
import { pairings } from "../db/schema.ts";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";
import { pairingLink } from "./pairing-link.ts";
import { type PairingRules, refuseCountry, refuseTooManySends } from "./pairing-rules.ts";
import { parseContact } from "./parse-contact.ts";
import { codeMac, linkTokenHash, linkTokenOf, tempTokenHash } from "./secrets.ts";
import { sendCode } from "./send-code.ts";

export interface PairingRequest {
	/** Undefined: the address says it. */
	channel: ChannelName | undefined;
	/** As the person typed it; undefined or empty where the person opens a link instead. */
	address: string | undefined;
	state: string;
	/** PKCE S256. */
	codeChallenge: string;
	/** The companion's listener, when the hosted page takes the code. */
	callbackUri: string | undefined;
}

export interface StartedPairing {
	tempToken: string;
	channel: ChannelName;
	/** Undefined while nobody has opened the link. */
	label: string | undefined;
	/** What the person opens, where no address was typed. */
	link: string | undefined;
}

/** Both doors of the login. Whether the address is somebody's is never looked up here, so nothing can tell it. */
export async function startPairing(deps: Deps, request: PairingRequest, rules: PairingRules): Promise<StartedPairing> {
	const contact = parseContact(request.address ?? "", deps.channels, request.channel);
	if (!contact.ok) throw new AppError("invalid_request", contact.message);
	const { channel, address } = contact;
	if (address === "" && channel.pairingLink !== undefined) return startWithLink(deps, request, channel, rules);
	return startWithAddress(deps, request, { channel, address }, rules);
}

async function startWithAddress(
	deps: Deps,
	request: PairingRequest,
	typed: { channel: Channel; address: string },
	rules: PairingRules,
): Promise<StartedPairing> {
	const { channel } = typed;
	const checked = channel.checkAddress(typed.address);
	if (!checked.ok) throw new AppError("invalid_request", checked.message);
	refuseCountry(channel, checked.country, rules);
	if (!channel.simulated) await rules.countSend();

	const { address, label } = checked;
	const addressMac = deps.vault.mac("address", address);
	const tempToken = deps.secret(32);
	const code = deps.code();
	const pairing = newPairing(deps, request, channel, tempToken);
	await forgetOldPairings(deps);
	await deps.db.transaction(async (tx) => {
		await refuseTooManySends(tx, channel, addressMac);
		await tx.insert(pairings).values({
			...pairing,
			addressSealed: deps.vault.seal(address),
			addressMac,
			label,
			codeMac: codeMac(deps, pairing.tempTokenHash, code),
			sends: 1,
		});
	});
	await sendCode(deps, channel, { pairingId: pairing.id, sends: 1, address, label, code });
	return { tempToken, channel: channel.name, label, link: undefined };
}

/** The person comes to us: who opens the link is told the code by the channel itself (open-pairing.ts). */
async function startWithLink(
	deps: Deps,
	request: PairingRequest,
	channel: Channel,
	rules: PairingRules,
): Promise<StartedPairing> {
	await rules.countSend();
	const tempToken = deps.secret(32);
	const link = await pairingLink(deps, channel, tempToken);
	await forgetOldPairings(deps);
	await deps.db.insert(pairings).values({
		...newPairing(deps, request, channel, tempToken),
		linkTokenHash: linkTokenHash(deps, linkTokenOf(deps, tempToken)),
	});
	return { tempToken, channel: channel.name, label: undefined, link };
}

function newPairing(deps: Deps, request: PairingRequest, channel: Channel, tempToken: string) {
	return {
		id: deps.id(),
		tempTokenHash: tempTokenHash(deps, tempToken),
		channel: channel.name,
		codeChallenge: request.codeChallenge,
		state: request.state,
		callbackUri: request.callbackUri ?? null,
		expiresAt: sql`now() + make_interval(secs => ${pairingSeconds})`,
	};
}

/** Addresses of people who never finished are not kept longer than the limits need them. */
async function forgetOldPairings(deps: Pick<Deps, "db">): Promise<void> {
	await deps.db.execute(sql`delete from pairings where last_sent_at < now() - interval '2 days'`);
}
