import { eq } from "drizzle-orm";
import type { ChannelName } from "../../src/contract/channels.ts";
import { pairings } from "../db/schema.ts";
import type { Deps } from "./deps.ts";
import { maxSends } from "./pairing-rules.ts";
import { tempTokenHash } from "./secrets.ts";

/** What the hosted page may show of its pairing, and what it needs to begin again. */
export interface PagePairing {
	channel: ChannelName;
	label: string;
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
	return {
		channel: row.channel,
		label: row.label,
		sendsLeft: Math.max(0, maxSends - row.sends),
		callbackUri: row.callbackUri,
		state: row.state,
		codeChallenge: row.codeChallenge,
	};
}
