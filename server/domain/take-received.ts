import { reasonOf } from "../db/errors.ts";
import type { Received } from "../inbound/inbound.ts";
import type { Deps } from "./deps.ts";
import { acknowledgement } from "./inbound-words.ts";
import { openPairing } from "./open-pairing.ts";
import { receiveInbound } from "./receive-inbound.ts";
import { recordReceipt } from "./record-receipt.ts";

/** Everything that a provider brought, one after the other. Throws when it could not be kept: the provider then brings it again. */
export async function takeReceived(deps: Deps, received: readonly Received[]): Promise<void> {
	for (const each of received) {
		if (each.kind === "message") await takeMessage(deps, each);
		else if (each.kind === "receipt") await recordReceipt(deps, each.receipt);
		else await openPairing(deps, each.opened);
	}
}

async function takeMessage(deps: Deps, { message }: Extract<Received, { kind: "message" }>): Promise<void> {
	const result = await receiveInbound(deps, message);
	deps.log.info({ provider: message.provider, outcome: result.outcome }, "inbound message");
	if (message.acknowledge === undefined || result.outcome === "stranger") return;
	// What was taken stays taken: a button that goes on spinning is no reason to take it again.
	await message.acknowledge(acknowledgement(result)).catch((error: unknown) => {
		const reason = reasonOf(error);
		deps.log.warn({ provider: message.provider, reason }, "a message could not be acknowledged");
	});
}
