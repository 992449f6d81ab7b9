import { eq } from "drizzle-orm";
import type { ChannelName } from "../../src/contract/channels.ts";
import { pairings } from "../db/schema.ts";
import type { Deps } from "./deps.ts";
import { pairingLink } from "./pairing-link.ts";
import { maxSends } from "./pairing-rules.ts";
import { tempTokenHash } from "./secrets.ts";

/** What the hosted page may show of its pairing, and what it needs to begin again. */
export interface PagePairing {
	channel: ChannelName;
	/** Null while nobody has opened the pairing's link. */
	label: string | null;
	/** Where the person opens a link, and has not yet. */
	link: string | undefined;
	sendsLeft: number;
	callbackUri: string;
	state: string;
	codeChallenge: string;
}

/** Only pairings that the hosted page began: one without a listener has nowhere to go on to. */
export async function readPairing(deps: Deps, tempToken: string): Promise<PagePairing | undefined> {
	const [row] = await deps.db
		.select()
		.from(pairings)
		.where(eq(pairings.tempTokenHash, tempTokenHash(deps, tempToken)));
	if (row?.callbackUri == null) return undefined;
	const channel = deps.channels.get(row.channel);
	const unopened = row.linkTokenHash !== null && row.codeMac === null;
	return {
		channel: row.channel,
		label: row.label,
		link: unopened && channel !== undefined ? await pairingLink(deps, channel, tempToken) : undefined,
		sendsLeft: Math.max(0, maxSends - row.sends),
		callbackUri: row.callbackUri,
		state: row.state,
		codeChallenge: row.codeChallenge,
	};
}
