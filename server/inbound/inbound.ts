import type { ChannelName } from "../../src/contract/channels.ts";

/** One message from a person, the same whichever provider brought it. Everything in it is data that a stranger may have written. */
export interface Inbound {
	provider: string;
	/** The provider's own id of the message: the same id again is a redelivery. */
	providerEventId: string;
	channel: ChannelName;
	/** Who wrote it, as the provider vouches for it: the address of an identity. */
	sender: string;
	text: string;
	/** Id of the session that the provider's own pointer (reply-to, thread, button) names. SMS has none. */
	replyTo?: string | undefined;
	/** Set when the provider itself took the text for an opt-out keyword. */
	keyword?: CarrierKeyword | undefined;
}

/** What a carrier's reserved word asks for; the carrier answers all three itself. */
export type CarrierKeyword = "stop" | "start" | "help";

/** What a provider says became of a message, the same whichever provider says it. */
export interface StatusReceipt {
	channel: ChannelName;
	providerId: string;
	/** Ours, where the callback carries it: it is known before the provider's own id is stored. */
	deliveryId: string | undefined;
	state: "sent" | "delivered" | "failed";
	/** The provider's own word, with its error code. */
	receipt: string;
	/** Why it failed, in words for the user. */
	reason: string | undefined;
	/** The person does not want messages any more. */
	optedOut: boolean;
}
